//! Filters that compare items: sorting, grouping, the least and the greatest, and those without a double.

use crate::builtins::attribute::{Found, Path, look_up};
use crate::builtins::operand::{flag, items, refuse, refuse_range, strict_flag, string};
use crate::builtins::produce::{Answer, charge_values, generated, nothing, value};
use crate::builtins::sort::{self, Keys};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::NO_EXTREME_ITEM;
use crate::value::compare::{Relation, equal, relate};
use crate::value::{Map, Value, mapping, settled};

use super::sequence::tuples;

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("sort", &["reverse", "case_sensitive", "attribute"], sort),
    Builtin::filter("unique", &["case_sensitive", "attribute"], unique),
    Builtin::filter("min", &["case_sensitive", "attribute"], |context, bound| {
        extreme(context, bound, Relation::Less)
    }),
    Builtin::filter("max", &["case_sensitive", "attribute"], |context, bound| {
        extreme(context, bound, Relation::Greater)
    }),
    Builtin::filter(
        "groupby",
        &["attribute", "default", "case_sensitive"],
        groupby,
    )
    .required(1),
    Builtin::filter("dictsort", &["case_sensitive", "by", "reverse"], dictsort),
];

/// Puts strings among keys in lower case, and futures that were awaited in the place of their results.
fn fold_keys(
    context: &CallContext<'_>,
    keys: &mut [Value],
    case_sensitive: bool,
) -> Result<(), Error> {
    context.fuel(keys.len() as u64)?;
    for key in keys {
        if key.is_pending() {
            *key = settled(context, key)?.clone();
        }
        if case_sensitive {
            continue;
        }
        if let Some(text) = key.as_str()
            && text
                .chars()
                .any(|c| !c.is_ascii() || c.is_ascii_uppercase())
        {
            context.memory(text.len() as u64 + 24)?;
            *key = Value::string(text.to_lowercase());
        }
    }
    Ok(())
}

/// Looks up one attribute of the items, with keys that are ready to be compared.
fn with_keys(
    context: &CallContext<'_>,
    items: Vec<Value>,
    attribute: Option<&Value>,
    case_sensitive: bool,
    then: impl FnOnce(&CallContext<'_>, Vec<Value>, Vec<Value>) -> Answer + Send + 'static,
) -> Answer {
    let found: Found = Box::new(move |context, items, mut found| {
        let mut keys = found.pop().unwrap_or_default();
        fold_keys(context, &mut keys, case_sensitive)?;
        then(context, items, keys)
    });
    look_up(context, items, vec![Path::new(attribute)], None, found)
}

fn sort(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let reverse = strict_flag(context, bound, 0)?;
    let case_sensitive = flag(context, bound, 1, false)?;
    look_up(
        context,
        items(context, bound.value)?,
        Path::list(bound.some(2)),
        None,
        Box::new(move |context, items, mut columns| {
            for column in &mut columns {
                fold_keys(context, column, case_sensitive)?;
            }
            let order = sort::order(context, items.len(), &columns, Keys::Lists, reverse)?;
            value(Value::shared_list(arranged(&items, &order)))
        }),
    )
}

fn arranged(items: &[Value], order: &[usize]) -> Vec<Value> {
    order.iter().map(|&index| items[index].clone()).collect()
}

fn unique(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let case_sensitive = flag(context, bound, 0, false)?;
    let items = items(context, bound.value)?;
    with_keys(
        context,
        items,
        bound.some(1),
        case_sensitive,
        |context, items, keys| {
            charge_values(context, keys.len().saturating_mul(5))?;
            let mut seen = Map::new();
            let mut kept = Vec::new();
            for (item, key) in items.into_iter().zip(keys) {
                if seen.insert(key, Value::NONE)?.is_none() {
                    kept.push(item);
                }
            }
            generated(context, kept)
        },
    )
}

fn extreme(context: &CallContext<'_>, bound: &Bound<'_>, better: Relation) -> Answer {
    let case_sensitive = flag(context, bound, 0, false)?;
    let items = items(context, bound.value)?;
    if items.is_empty() {
        return nothing(context, NO_EXTREME_ITEM);
    }
    with_keys(
        context,
        items,
        bound.some(1),
        case_sensitive,
        move |context, items, keys| {
            let mut best = 0;
            for index in 1..keys.len() {
                if relate(context, better, &keys[index], &keys[best])? {
                    best = index;
                }
            }
            value(items[best].clone())
        },
    )
}

fn groupby(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let case_sensitive = flag(context, bound, 2, false)?;
    look_up(
        context,
        items(context, bound.value)?,
        vec![Path::new(bound.some(0))],
        bound.some(1).cloned(),
        Box::new(move |context, items, mut columns| {
            let groupers = columns.last().cloned().unwrap_or_default();
            if let Some(keys) = columns.last_mut() {
                fold_keys(context, keys, case_sensitive)?;
            }
            let order = sort::order(context, items.len(), &columns, Keys::Plain, false)?;
            charge_values(context, items.len())?;
            let keys = columns.pop().unwrap_or_default();
            let mut groups = Vec::new();
            let mut rest = order.as_slice();
            while let Some(&first) = rest.first() {
                let mut length = 1;
                while let Some(&next) = rest.get(length)
                    && equal(context, &keys[rest[length - 1]], &keys[next])?
                {
                    length += 1;
                }
                let (group, others) = rest.split_at(length);
                charge_values(context, 16)?;
                let list = Value::shared_list(arranged(&items, group));
                groups.push(Value::named_tuple(
                    &["grouper", "list"],
                    vec![groupers[first].clone(), list],
                ));
                rest = others;
            }
            value(Value::shared_list(groups))
        }),
    )
}

fn dictsort(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let case_sensitive = flag(context, bound, 0, false)?;
    let by = string(bound, 1)?.unwrap_or("key");
    let reverse = strict_flag(context, bound, 2)?;
    let position = match by {
        "key" => 0,
        "value" => 1,
        _ => {
            return Err(refuse_range(
                bound,
                1,
                "`key` or `value`",
                format!("`{by}`"),
            ));
        }
    };
    if mapping(bound.value).is_none() {
        return Err(refuse(bound, "a mapping"));
    }
    let items = tuples(context, bound.value)?;
    charge_values(context, items.len())?;
    let mut keys: Vec<Value> = items
        .iter()
        .filter_map(|pair| pair.as_tuple()?.items().get(position).cloned())
        .collect();
    fold_keys(context, &mut keys, case_sensitive)?;
    let order = sort::order(context, items.len(), &[keys], Keys::Plain, reverse)?;
    value(Value::shared_list(arranged(&items, &order)))
}
