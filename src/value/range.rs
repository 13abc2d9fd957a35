//! Ranges of integers that are never spelled out.

use crate::error::Error;
use crate::error::value::ValueFault;

/// The integers from `start` towards `stop`, which is not reached, by `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first integer, if there is any.
    pub(crate) start: i64,
    /// Where it stops.
    pub(crate) stop: i64,
    /// From one to the next; never 0.
    pub(crate) step: i64,
}

impl Range {
    /// A range; a step of 0 is an error.
    pub(crate) fn new(start: i64, stop: i64, step: i64) -> Result<Self, Error> {
        if step == 0 {
            return Err(ValueFault::RangeStepZero.into());
        }
        Ok(Range { start, stop, step })
    }

    /// How many integers it has.
    pub(crate) fn len(&self) -> u64 {
        // All of it in 128 bits: the distance of two 64-bit integers needs 65.
        let (start, stop) = (i128::from(self.start), i128::from(self.stop));
        let step = i128::from(self.step);
        let distance = if step > 0 { stop - start } else { start - stop };
        if distance <= 0 {
            return 0;
        }
        ((distance - 1) / step.abs() + 1) as u64
    }

    /// The integer at `index`, from 0.
    pub(crate) fn get(&self, index: u64) -> Option<i64> {
        if index >= self.len() {
            return None;
        }
        Some(self.at(index))
    }

    /// The integer at `index`, which is below the length.
    fn at(&self, index: u64) -> i64 {
        (i128::from(self.start) + i128::from(index) * i128::from(self.step)) as i64
    }

    /// The part from `start` by `step`, `len` integers long; all positions are within the range.
    pub(crate) fn slice(&self, start: i128, stop: i128, step: i128) -> Option<Self> {
        let place = |index: i128| {
            i64::try_from(i128::from(self.start) + index * i128::from(self.step)).ok()
        };
        Some(Range {
            start: place(start)?,
            stop: place(stop)?,
            step: i64::try_from(i128::from(self.step).checked_mul(step)?).ok()?,
        })
    }

    /// Whether `number` is one of its integers.
    pub(crate) fn contains(&self, number: i128) -> bool {
        let (start, stop) = (i128::from(self.start), i128::from(self.stop));
        let within = if self.step > 0 {
            start <= number && number < stop
        } else {
            stop < number && number <= start
        };
        // Within the bounds the distance fits easily.
        within && (number - start) % i128::from(self.step) == 0
    }

    /// Whether both give the same integers, which is what Python compares ranges by.
    pub(crate) fn same_items(&self, other: &Range) -> bool {
        let len = self.len();
        len == other.len()
            && (len == 0 || self.start == other.start && (len == 1 || self.step == other.step))
    }
}
