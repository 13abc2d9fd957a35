//! Equality and order across types, as Python has them.

use std::cmp::Ordering;

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::number::number_of;
use crate::value::{Charge, MAX_DEPTH, Mapping, Repr, Unlimited, Value, mapping, settled};

/// One of the comparisons that need an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    fn operator(self) -> &'static str {
        match self {
            Relation::Less => "<",
            Relation::LessOrEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterOrEqual => ">=",
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Less => order.is_lt(),
            Relation::LessOrEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// `a == b`.
pub(crate) fn equal(charge: &dyn Charge, a: &Value, b: &Value) -> Result<bool, Error> {
    equal_at(charge, a, b, MAX_DEPTH)
}

/// `a < b` and its like. A nan is in no order, so that each of them is false for it.
pub(crate) fn relate(
    charge: &dyn Charge,
    relation: Relation,
    a: &Value,
    b: &Value,
) -> Result<bool, Error> {
    let order = order_at(charge, relation.operator(), a, b, MAX_DEPTH)?;
    Ok(order.is_some_and(|order| relation.holds(order)))
}

/// Goes one level deeper, if that is allowed.
fn deeper(charge: &dyn Charge, depth: usize) -> Result<usize, Error> {
    charge.fuel(1)?;
    match depth.checked_sub(1) {
        Some(depth) => Ok(depth),
        None => Err(ValueFault::TooDeep(MAX_DEPTH).into()),
    }
}

fn equal_at(charge: &dyn Charge, a: &Value, b: &Value, depth: usize) -> Result<bool, Error> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b)) => return Ok(a == b),
        (Repr::String(a) | Repr::Safe(a), Repr::String(b) | Repr::Safe(b)) => return Ok(a == b),
        (Repr::None, Repr::None) => return Ok(true),
        (Repr::Bytes(a), Repr::Bytes(b)) => return Ok(a == b),
        (Repr::Range(a), Repr::Range(b)) => return Ok(a.same_items(b)),
        (Repr::List(a), Repr::List(b)) => {
            if std::sync::Arc::ptr_eq(a, b) {
                return Ok(true);
            }
            return equal_items(charge, &a.items(), &b.items(), depth);
        }
        (Repr::Tuple(a), Repr::Tuple(b)) => {
            return equal_items(charge, a.items(), b.items(), depth);
        }
        (Repr::Object(x), Repr::Object(y)) => {
            return match x.address() == y.address() {
                true => Ok(true),
                false => Ok(order_views(charge, a, b, depth)? == Some(Some(Ordering::Equal))),
            };
        }
        (Repr::Undefined(_), _) | (_, Repr::Undefined(_)) => return equal_undefined(charge, a, b),
        (Repr::Pending(_) | Repr::Stream(_), _) | (_, Repr::Pending(_) | Repr::Stream(_)) => {
            return equal_at(charge, settled(charge, a)?, settled(charge, b)?, depth);
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (number_of(a), number_of(b)) {
        return Ok(a.equals(b));
    }
    match (mapping(a), mapping(b)) {
        (Some(_), Some(_)) if a.is_same(b) => Ok(true),
        (Some(a), Some(b)) => equal_mappings(charge, &a, &b, depth),
        _ => Ok(false),
    }
}

/// Whether an item of a container counts as equal to another: by identity first, as Python has it, so
/// that a nan is found in the list that it is in.
pub(crate) fn same_or_equal(charge: &dyn Charge, a: &Value, b: &Value) -> Result<bool, Error> {
    same_or_equal_at(charge, a, b, MAX_DEPTH)
}

fn same_or_equal_at(
    charge: &dyn Charge,
    a: &Value,
    b: &Value,
    depth: usize,
) -> Result<bool, Error> {
    charge.fuel(1)?;
    let has_identity = a.is_container() || matches!(a.0, Repr::Float(_));
    if has_identity && a.is_same(b) {
        return Ok(true);
    }
    equal_at(charge, a, b, depth)
}

/// Undefined values are equal to each other only.
fn equal_undefined(charge: &dyn Charge, a: &Value, b: &Value) -> Result<bool, Error> {
    for undefined in [a.as_undefined(), b.as_undefined()].into_iter().flatten() {
        undefined.check()?;
    }
    let (a, b) = (settled(charge, a)?, settled(charge, b)?);
    Ok(match (a.as_undefined(), b.as_undefined()) {
        (Some(a), Some(b)) => a.policy == b.policy,
        _ => false,
    })
}

fn equal_items(charge: &dyn Charge, a: &[Value], b: &[Value], depth: usize) -> Result<bool, Error> {
    if a.len() != b.len() {
        return Ok(false);
    }
    if std::ptr::eq(a, b) {
        return Ok(true);
    }
    let depth = deeper(charge, depth)?;
    for (a, b) in a.iter().zip(b) {
        if !same_or_equal_at(charge, a, b, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_mappings(
    charge: &dyn Charge,
    a: &Mapping<'_>,
    b: &Mapping<'_>,
    depth: usize,
) -> Result<bool, Error> {
    if a.len() != b.len() {
        return Ok(false);
    }
    let depth = deeper(charge, depth)?;
    if let (Mapping::Record(a), Mapping::Record(b)) = (a, b)
        && std::sync::Arc::ptr_eq(a.shape(), b.shape())
    {
        return equal_items(charge, a.values(), b.values(), depth);
    }
    for (key, value) in a.iter() {
        match b.get(&key)? {
            Some(other) if same_or_equal_at(charge, value, other, depth)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The order of two values that have one; `None` where a nan is in the way.
fn order_at(
    charge: &dyn Charge,
    operator: &'static str,
    a: &Value,
    b: &Value,
    depth: usize,
) -> Result<Option<Ordering>, Error> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b)) => return Ok(Some(a.cmp(b))),
        (Repr::String(a) | Repr::Safe(a), Repr::String(b) | Repr::Safe(b)) => {
            // UTF-8 orders as its characters do.
            return Ok(Some(a.as_str().cmp(b.as_str())));
        }
        (Repr::Bytes(a), Repr::Bytes(b)) => return Ok(Some(a.cmp(b))),
        (Repr::List(a), Repr::List(b)) => {
            return order_items(charge, operator, &a.items(), &b.items(), depth);
        }
        (Repr::Tuple(a), Repr::Tuple(b)) => {
            return order_items(charge, operator, a.items(), b.items(), depth);
        }
        (Repr::Pending(_) | Repr::Stream(_), _) | (_, Repr::Pending(_) | Repr::Stream(_)) => {
            return order_at(
                charge,
                operator,
                settled(charge, a)?,
                settled(charge, b)?,
                depth,
            );
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (number_of(a), number_of(b)) {
        return Ok(a.compare(b));
    }
    if let Some(order) = order_views(charge, a, b, depth)? {
        return Ok(order);
    }
    Err(not_ordered(operator, a, b))
}

#[cold]
fn not_ordered(operator: &'static str, a: &Value, b: &Value) -> Error {
    if let Some(undefined) = a.as_undefined().or(b.as_undefined()) {
        return undefined.error();
    }
    let fault = ValueFault::NotOrdered {
        operator,
        left: ArcStr::from(a.type_name()),
        right: ArcStr::from(b.type_name()),
    };
    fault.into()
}

/// Sequences compare by their first items that differ, or else by their lengths.
fn order_items(
    charge: &dyn Charge,
    operator: &'static str,
    a: &[Value],
    b: &[Value],
    depth: usize,
) -> Result<Option<Ordering>, Error> {
    let depth = deeper(charge, depth)?;
    for (a, b) in a.iter().zip(b) {
        if !same_or_equal_at(charge, a, b, depth)? {
            return order_at(charge, operator, a, b, depth);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

/// The order of views of dicts that compare as sets: one that has all items of the other is the greater. None if
/// one of the values is no such view.
fn order_views(
    charge: &dyn Charge,
    a: &Value,
    b: &Value,
    depth: usize,
) -> Result<Option<Option<Ordering>>, Error> {
    let set = |value: &Value| {
        let view = value.as_dict_view().filter(|view| view.is_set())?;
        view.items.as_list().map(|list| list.items().to_vec())
    };
    let (Some(a), Some(b)) = (set(a), set(b)) else {
        return Ok(None);
    };
    let depth = deeper(charge, depth)?;
    let mut common = 0;
    for item in &a {
        for other in &b {
            if same_or_equal_at(charge, item, other, depth)? {
                common += 1;
                break;
            }
        }
    }
    Ok(Some(match (common == a.len(), common == b.len()) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => None,
    }))
}

/// Equality as templates have it, `1 == 1.0` included; values that cannot be compared are unequal.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        equal(&Unlimited, self, other).unwrap_or(false)
    }
}
