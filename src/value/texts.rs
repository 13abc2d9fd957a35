//! Texts that come again and again in one conversion, as the values of an enum or tags do: they are one.

use std::cell::{Cell, RefCell};

use arcstr::ArcStr;

/// Longer texts hardly ever come again.
const LONGEST: usize = 32;

/// How many texts are remembered. Each has one place; another one that belongs there takes it over.
const PLACES: usize = 64;

/// How many texts may be new before looking is given up; one that is known makes up for `WORTH` new ones.
const CREDIT: u32 = 64;
const WORTH: u32 = 2;

/// The short texts that one conversion has met of late.
pub(super) struct Texts {
    places: RefCell<Vec<ArcStr>>,
    credit: Cell<u32>,
    met: Cell<u32>,
}

impl Default for Texts {
    fn default() -> Self {
        Texts {
            places: RefCell::default(),
            credit: Cell::new(CREDIT),
            met: Cell::new(0),
        }
    }
}

impl Texts {
    /// The text as one that is shared.
    pub(super) fn share(&self, text: &str) -> ArcStr {
        /// A context of few texts is not worth a table.
        const FEW: u32 = 16;
        let credit = self.credit.get();
        if credit == 0 || text.len() > LONGEST {
            return text.into();
        }
        if self.met.get() < FEW {
            self.met.set(self.met.get() + 1);
            return text.into();
        }
        let mut places = self.places.borrow_mut();
        if places.is_empty() {
            places.resize(PLACES, ArcStr::new());
        }
        let place = &mut places[place_of(text)];
        if *place == text {
            self.credit.set(credit.saturating_add(WORTH));
            return place.clone();
        }
        self.credit.set(credit - 1);
        *place = text.into();
        place.clone()
    }
}

/// Where a text belongs, by its length and its ends.
#[inline]
fn place_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => (
                u32::from_le_bytes(*first).into(),
                u32::from_le_bytes(*last).into(),
            ),
            _ => bytes.iter().fold((0, 0), |(first, last), byte| {
                ((first << 8) | u64::from(*byte), last)
            }),
        },
    };
    let mixed = (first ^ last.rotate_left(29)).wrapping_add(bytes.len() as u64);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn texts_that_come_again_are_one() {
        let texts = Texts::default();
        for round in 0..100 {
            let shared = texts.share("oak");
            let again = texts.share("oak");
            assert_eq!((&*shared, &*again), ("oak", "oak"));
            let is_one = arcstr::ArcStr::ptr_eq(&shared, &again);
            assert!(is_one || round < 9, "round {round}");
        }
    }

    #[test]
    fn looking_is_given_up_where_nothing_comes_again() {
        let texts = Texts::default();
        for n in 0..1000 {
            let text = format!("text {n}");
            assert_eq!(texts.share(&text), text);
        }
        assert_eq!(texts.credit.get(), 0);
    }

    #[test]
    fn texts_of_any_length_are_given_back_as_they_are() {
        let texts = Texts::default();
        for _ in 0..3 {
            for length in 0..50 {
                let text = "é".repeat(length) + &"x".repeat(length % 3);
                assert_eq!(texts.share(&text), text);
            }
        }
    }
}
