//! Values that nest deep, hold themselves, or share so much that walking them would never end.

use std::sync::Arc;

use super::{Budget, list, map, repr, shown, tuple, v};
use crate::error::ErrorKind;
use crate::value::{Containers, MAX_DEPTH, Map, Object, Shape, Unlimited, Value, compare, display};

/// The ways in which one value can hold another.
/// Puts a value into something.
type Wrap = Box<dyn Fn(Value) -> Value>;

fn nestings() -> Vec<(&'static str, Wrap)> {
    let shape = Shape::new(vec!["inner".into()]);
    vec![
        ("frozen list", Box::new(|inner| Value::list(vec![inner]))),
        ("list", Box::new(|inner| list([inner]))),
        ("tuple", Box::new(|inner| tuple([inner]))),
        ("map", Box::new(|inner| map([(v("inner"), inner)]))),
        (
            "record",
            Box::new(move |inner| Value::record(Arc::clone(&shape), vec![inner])),
        ),
        (
            "namespace",
            Box::new(|inner| {
                let mut map = Map::new();
                map.insert_str("inner", inner);
                Value::namespace(map)
            }),
        ),
    ]
}

fn nested(nest: &dyn Fn(Value) -> Value, depth: usize) -> Value {
    (0..depth).fold(v(1), |inner, _| nest(inner))
}

#[test]
fn a_hundred_thousand_deep() {
    for (name, nest) in nestings() {
        let a = nested(&*nest, 100_000);
        let b = nested(&*nest, 100_000);
        let printed = display::to_text(&Unlimited, &a).map_err(|error| error.kind());
        assert_eq!(printed.err(), Some(ErrorKind::DepthLimit), "{name}");
        if name != "namespace" {
            let equal = compare::equal(&Unlimited, &a, &b).map_err(|error| error.kind());
            assert_eq!(equal.err(), Some(ErrorKind::DepthLimit), "{name}");
        }
        assert!(a != b);
        assert!(a.to_string().contains("..."), "{name}");
        assert!(serde_json::to_string(&a).is_err(), "{name}");
        assert!(a.deserialize::<serde_json::Value>().is_err(), "{name}");
        // Dropping both must not overflow the stack either.
    }
    let key = nested(&|inner| tuple([inner]), 100_000);
    let inserted = Map::new()
        .insert(key, Value::NONE)
        .map_err(|error| error.kind());
    assert_eq!(inserted.err(), Some(ErrorKind::DepthLimit));
}

/// An object of a host that holds a value.
#[derive(Debug)]
struct Wrapper(#[expect(dead_code, reason = "it is only dropped")] Value);
impl Object for Wrapper {}

#[test]
fn chains_that_nobody_can_look_into() {
    let dropped = Arc::new(());
    let counted = || {
        let counter = Arc::clone(&dropped);
        Value::from_future(async move {
            let _counter = counter;
            Ok(1)
        })
    };
    let chains: [fn(Value) -> Value; 4] = [
        |inner| Value::from_object(Wrapper(inner)),
        |inner| Value::from_future(async move { Ok(inner) }),
        |inner| Value::from_stream(futures_util::stream::iter([Ok(inner)])),
        |inner| {
            list([Value::from_object(Wrapper(tuple([Value::from_future(
                async move { Ok(inner) },
            )])))])
        },
    ];
    for nest in chains {
        let chain = (0..100_000).fold(counted(), |inner, _| nest(inner));
        assert_eq!(Arc::strong_count(&dropped), 2);
        drop(chain);
        assert_eq!(
            Arc::strong_count(&dropped),
            1,
            "all of it is dropped at once"
        );
    }
}

#[test]
fn a_drop_that_panics_stops_no_other() {
    #[derive(Debug)]
    struct Bomb(#[expect(dead_code, reason = "it is only dropped")] Value);
    impl Object for Bomb {}
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a host's drop may do so");
        }
    }
    let bomb = Value::from_object(Bomb(v(1)));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(bomb)));
    assert!(result.is_err());
    let dropped = Arc::new(());
    let counter = Arc::clone(&dropped);
    drop(Value::from_future(async move {
        let _counter = counter;
        Ok(1)
    }));
    assert_eq!(Arc::strong_count(&dropped), 1);
}

#[test]
fn as_deep_as_allowed() {
    for (name, nest) in nestings() {
        let value = nested(&*nest, MAX_DEPTH);
        assert!(display::to_text(&Unlimited, &value).is_ok(), "{name}");
        assert_eq!(
            compare::equal(&Unlimited, &value, &value.clone()).ok(),
            Some(true)
        );
    }
}

#[test]
fn lists_that_hold_themselves() {
    let value = list([v(1)]);
    let own = value.as_list().expect("it is a list");
    own.append(&Unlimited, &value, value.clone())
        .expect("it grows");
    assert_eq!(repr(&value), "[1, [...]]");
    assert!(value == value.clone());
    let other = list([v(1)]);
    let own = other.as_list().expect("it is a list");
    own.append(&Unlimited, &other, other.clone())
        .expect("it grows");
    let equal = compare::equal(&Unlimited, &value, &other).map_err(|error| error.kind());
    assert_eq!(equal.err(), Some(ErrorKind::DepthLimit));
    let mut containers = Containers::default();
    containers.remember(&value);
    containers.remember(&other);
    containers.break_cycles(false);
    assert_eq!(repr(&value), "[]");
}

#[test]
fn maps_and_namespaces_that_hold_themselves() {
    let value = map([]);
    let own = value.as_dict().expect("it is a map");
    own.set(&Unlimited, &value, v("me"), value.clone())
        .expect("it grows");
    assert_eq!(repr(&value), "{'me': {...}}");
    let namespace = Value::namespace(Map::new());
    let own = namespace.as_namespace().expect("it is a namespace");
    own.set(
        &Unlimited,
        &namespace,
        "me".into(),
        list([namespace.clone()]),
    )
    .expect("it grows");
    assert_eq!(repr(&namespace), "<Namespace {'me': [<Namespace {...}>]}>");
    let mut containers = Containers::default();
    containers.remember(&value);
    containers.remember(&namespace);
    containers.break_cycles(false);
    assert_eq!(repr(&value), "{}");
    assert_eq!(repr(&namespace), "<Namespace {}>");
}

#[test]
fn only_cycles_are_broken() {
    let mut containers = Containers::default();
    let inner = list([v(1)]);
    let outer = list([]);
    outer
        .as_list()
        .expect("it is a list")
        .append(&Unlimited, &outer, inner.clone())
        .expect("it grows");
    containers.remember(&outer);
    // A cycle of two through a tuple, reached by two ways.
    let a = list([]);
    let b = tuple([a.clone(), a.clone()]);
    a.as_list()
        .expect("it is a list")
        .append(&Unlimited, &a, list([b.clone(), inner.clone()]))
        .expect("it grows");
    containers.remember(&a);
    containers.break_cycles(false);
    assert_eq!(repr(&outer), "[[1]]");
    assert_eq!(repr(&a), "[]");
    let weak = Arc::downgrade(b.as_tuple().expect("it is a tuple"));
    drop((a, b));
    assert!(weak.upgrade().is_none(), "nothing holds the cycle any more");
}

#[test]
fn shared_halves_are_paid_for() {
    // Fifty lists that print as two to the fiftieth items, in two ways that look alike.
    let double = |start: Value| (0..50).fold(start, |half, _| list([half.clone(), half]));
    let (a, b) = (double(v(1)), double(v(1)));
    let budget = Budget::new(1 << 20, 1 << 20);
    assert!(display::to_text(&budget, &a).is_err());
    let budget = Budget::new(1 << 20, 1 << 20);
    assert_eq!(
        shown(compare::equal(&budget, &a, &b).map(Value::from)),
        "!!too expensive"
    );
}

#[test]
fn repetition_is_paid_before_it_is_built() {
    use crate::value::operate::{add, multiply};
    let budget = || Budget::new(1 << 16, 1 << 16);
    let rows = [
        multiply(&budget(), &v("ab"), &v(1i64 << 40)),
        multiply(&budget(), &v(i128::MAX), &v("ab")),
        multiply(&budget(), &list([v(1)]), &v(1i64 << 40)),
        multiply(&budget(), &tuple([v(1)]), &v(i64::MAX)),
        add(&budget(), &v("a".repeat(40_000)), &v("a".repeat(40_000))),
        crate::value::collect(
            &budget(),
            &Value::range(0, i64::MAX, 1).expect("the step is 1"),
        )
        .map(Value::from),
    ];
    for result in rows {
        assert_eq!(
            result.map_err(|error| error.kind()).err(),
            Some(ErrorKind::MemoryLimit)
        );
    }
}
