//! A stable sort whose comparison may fail, or contradict itself, without harm.

use std::cmp::Ordering;

use crate::call::CallContext;
use crate::error::Error;
use crate::value::compare::{Relation, equal, relate};
use crate::value::{Value, ValueKind};

use super::produce::charge_values;

/// Runs shorter than this are sorted by insertion.
const RUN: usize = 16;

/// What keys are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// As lists of keys: equal ones need no order among them.
    Lists,
    /// As they are.
    Plain,
}

/// The order of `count` things whose keys are given by columns, the first column deciding first.
///
/// The result is the list of their indices. `reverse` puts the greatest first and leaves equal ones in order.
pub(super) fn order(
    context: &CallContext<'_>,
    count: usize,
    columns: &[Vec<Value>],
    keys: Keys,
    reverse: bool,
) -> Result<Vec<usize>, Error> {
    charge_values(context, count)?;
    let rounds = (count as u64).saturating_mul(u64::from(count.checked_ilog2().unwrap_or(0)));
    context.fuel(rounds)?;
    let mut order: Vec<usize> = (0..count).collect();
    if let [column] = columns
        && let Some(kind) = simple_kind(column)
    {
        let compare = |a: &usize, b: &usize| {
            let ordering = compare_simple(kind, &column[*a], &column[*b]);
            if reverse {
                ordering.reverse()
            } else {
                ordering
            }
        };
        order.sort_by(compare);
        return Ok(order);
    }
    merge_sort(&mut order, &mut |a, b| match reverse {
        true => less(context, columns, keys, b, a),
        false => less(context, columns, keys, a, b),
    })?;
    Ok(order)
}

/// Whether the thing at index `a` comes before that at `b`: as Python compares lists of keys.
fn less(
    context: &CallContext<'_>,
    columns: &[Vec<Value>],
    keys: Keys,
    a: usize,
    b: usize,
) -> Result<bool, Error> {
    for (place, column) in columns.iter().enumerate() {
        let (left, right) = (&column[a], &column[b]);
        let less = match (relate(context, Relation::Less, left, right), keys) {
            (Err(error), Keys::Plain) => return Err(error),
            (Err(error), Keys::Lists) => match equal(context, left, right)? {
                true => continue,
                false => return Err(error),
            },
            (Ok(less), _) => less,
        };
        let last = place + 1 == columns.len();
        if less || last || !equal(context, left, right)? {
            return Ok(less);
        }
    }
    Ok(false)
}

/// The one kind of all keys, if it is one that is compared without a failure.
fn simple_kind(column: &[Value]) -> Option<ValueKind> {
    let kind = column.first()?.kind();
    let simple = match kind {
        ValueKind::Integer => column
            .iter()
            .all(|key| key.as_i64().is_some() && key.kind() == kind),
        ValueKind::String => column.iter().all(|key| key.kind() == kind),
        _ => false,
    };
    simple.then_some(kind)
}

fn compare_simple(kind: ValueKind, a: &Value, b: &Value) -> Ordering {
    match kind {
        ValueKind::Integer => a.as_i64().cmp(&b.as_i64()),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

/// Sorts by merging; whatever `less` answers, it ends and keeps every item.
pub(super) fn merge_sort<T: Copy, E>(
    items: &mut [T],
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<(), E> {
    for run in items.chunks_mut(RUN) {
        insertion_sort(run, less)?;
    }
    let mut from = items.to_vec();
    let mut width = RUN;
    while width < items.len() {
        let mut start = 0;
        while start < items.len() {
            let middle = (start + width).min(items.len());
            let end = (middle + width).min(items.len());
            let (mut left, mut right) = (start, middle);
            from[start..end].copy_from_slice(&items[start..end]);
            for target in &mut items[start..end] {
                let take_right = right < end && (left == middle || less(from[right], from[left])?);
                let source = if take_right { &mut right } else { &mut left };
                *target = from[*source];
                *source += 1;
            }
            start = end;
        }
        width *= 2;
    }
    Ok(())
}

fn insertion_sort<T: Copy, E>(
    run: &mut [T],
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<(), E> {
    for end in 1..run.len() {
        let mut at = end;
        while at > 0 && less(run[at], run[at - 1])? {
            run.swap(at, at - 1);
            at -= 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_is_stable() {
        for length in [0, 1, 2, 15, 16, 17, 33, 100, 1000] {
            let mut items: Vec<(u32, usize)> = (0..length)
                .map(|index| ((index as u32).wrapping_mul(2_654_435_761) % 10, index))
                .collect();
            let mut expected = items.clone();
            expected.sort_by_key(|&(key, _)| key);
            merge_sort::<_, ()>(&mut items, &mut |a, b| Ok(a.0 < b.0)).expect("never fails");
            assert_eq!(items, expected, "{length} items");
        }
    }

    #[test]
    fn survives_contradictions() {
        let mut state = 1_u32;
        let mut items: Vec<usize> = (0..500).collect();
        merge_sort::<_, ()>(&mut items, &mut |_, _| {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            Ok(state & 0x10000 != 0)
        })
        .expect("never fails");
        items.sort_unstable();
        assert_eq!(items, (0..500).collect::<Vec<_>>());
    }
}
