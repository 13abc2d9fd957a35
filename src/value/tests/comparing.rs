//! Equality, order, and keys of maps.

use super::{list, map, safe, shown, tuple, v};
use crate::value::compare::{self, Relation};
use crate::value::{Map, Symbol, Undefined, UndefinedPolicy, Unlimited, Value, mapping};

#[test]
fn equality() {
    let big = 1i128 << 100;
    let rows = [
        (v(1), v(1.0), true),
        (v(1), v(true), true),
        (v(0.0), v(-0.0), true),
        (v(f64::NAN), v(f64::NAN), false),
        (v((1i64 << 53) + 1), v((1i64 << 53) as f64), false),
        (v(big), v(big as f64), true),
        (v(big + 1), v(big as f64), false),
        (v(i128::MAX), v(f64::INFINITY), false),
        (v("a"), safe("a"), true),
        (v("1"), v(1), false),
        (Value::NONE, Value::NONE, true),
        (Value::NONE, v(false), false),
        (Value::UNDEFINED, Value::UNDEFINED, true),
        (Value::UNDEFINED, Value::NONE, false),
        (list([v(1)]), list([v(1.0)]), true),
        (list([v(1)]), tuple([v(1)]), false),
        (list([v(1)]), list([v(1), v(2)]), false),
        (
            map([(v(1), v(2)), (v("a"), v(3))]),
            map([(v("a"), v(3)), (v(1), v(2))]),
            true,
        ),
        (map([(v(1), v(2))]), map([(v(1), v(3))]), false),
        (
            Value::range(0, 3, 2).expect("the step is 2"),
            Value::range(0, 4, 2).expect("the step is 2"),
            true,
        ),
        (
            Value::range(0, 0, 1).expect("the step is 1"),
            Value::range(5, 5, 3).expect("the step is 3"),
            true,
        ),
        (Value::bytes(vec![97]), v("a"), false),
    ];
    for (a, b, expected) in rows {
        assert_eq!(
            compare::equal(&Unlimited, &a, &b).ok(),
            Some(expected),
            "{a:?} {b:?}"
        );
        assert_eq!(
            compare::equal(&Unlimited, &b, &a).ok(),
            Some(expected),
            "{b:?} {a:?}"
        );
        assert_eq!(a == b, expected);
    }
    let nan = list([v(f64::NAN)]);
    assert!(
        nan == nan.clone(),
        "one and the same list is equal to itself"
    );
}

#[test]
fn strict_undefined_compares_with_nothing() {
    let strict = Value::missing(Undefined::name("x", UndefinedPolicy::Strict));
    for other in [v(1), Value::UNDEFINED, strict.clone()] {
        assert!(compare::equal(&Unlimited, &strict, &other).is_err());
        assert!(compare::equal(&Unlimited, &other, &strict).is_err());
    }
}

#[test]
fn relations() {
    let less = |a: &Value, b: &Value| {
        shown(compare::relate(&Unlimited, Relation::Less, a, b).map(Value::from))
    };
    let rows = [
        (v(1), v(2), "True"),
        (v(1), v(1.5), "True"),
        (v((1i64 << 53) as f64), v((1i64 << 53) + 1), "True"),
        (v(1), v(f64::NAN), "False"),
        (v(-1e300), v(i128::MIN), "True"),
        (v(true), v(2), "True"),
        (v("a"), v("b"), "True"),
        (v("Z"), v("a"), "True"),
        (v("\u{ffff}"), v("\u{10000}"), "True"),
        (list([v(1), v(2)]), list([v(1), v(3)]), "True"),
        (list([v(1)]), list([v(1), v(0)]), "True"),
        (tuple([v(2)]), tuple([v(1), v(5)]), "False"),
        (
            v(1),
            v("a"),
            "!!'<' not supported between instances of 'int' and 'str'",
        ),
        (
            Value::NONE,
            Value::NONE,
            "!!'<' not supported between instances of 'NoneType' and 'NoneType'",
        ),
        (
            list([v(1)]),
            list([v("a")]),
            "!!'<' not supported between instances of 'int' and 'str'",
        ),
        (
            map([]),
            map([]),
            "!!'<' not supported between instances of 'dict' and 'dict'",
        ),
        (Value::UNDEFINED, v(1), "!!the value is undefined"),
    ];
    for (a, b, expected) in rows {
        assert_eq!(less(&a, &b), expected);
    }
    let rows = [
        (Relation::LessOrEqual, v(1), v(1), true),
        (Relation::Greater, v(2), v(1), true),
        (Relation::GreaterOrEqual, v(1), v(2), false),
        (Relation::GreaterOrEqual, v(f64::NAN), v(f64::NAN), false),
    ];
    for (relation, a, b, expected) in rows {
        let result = compare::relate(&Unlimited, relation, &a, &b);
        assert_eq!(result.ok(), Some(expected), "{relation:?} {a:?} {b:?}");
    }
}

#[test]
fn keys() {
    // Small maps compare and large ones hash; both must agree.
    for size in [0, 20] {
        let mut map = Map::new();
        for filler in 0..size {
            map.insert_str(format!("filler{filler}"), Value::NONE);
        }
        let insert = |map: &mut Map, key: Value, value: &str| {
            map.insert(key, v(value)).expect("the key is hashable");
        };
        insert(&mut map, v(1), "one");
        insert(&mut map, v(true), "still one");
        insert(&mut map, v(2.0), "two");
        insert(&mut map, tuple([v(1), v("a")]), "tuple");
        insert(&mut map, Value::NONE, "none");
        insert(&mut map, v(f64::NAN), "nan");
        insert(&mut map, safe("text"), "text");
        insert(&mut map, v(i128::MAX), "largest");
        let rows = [
            (v(1.0), "'still one'"),
            (v(2), "'two'"),
            (tuple([v(true), safe("a")]), "'tuple'"),
            (Value::NONE, "'none'"),
            (v(f64::NAN), "'nan'"),
            (v("text"), "'text'"),
            (v(i128::MAX), "'largest'"),
            (v(3), "!!missing"),
            (list([]), "!!unhashable type: 'list'"),
            (tuple([map_value()]), "!!unhashable type: 'dict'"),
        ];
        for (key, expected) in rows {
            let found = map.get(&key).map(|found| found.cloned());
            let found = found.and_then(|found| found.ok_or(crate::Error::host("missing")));
            assert_eq!(shown(found), expected, "{key:?}");
        }
        assert_eq!(map.get_str("text"), Some(&v("text")));
        assert_eq!(map.get_symbol(&Symbol::new("text")), Some(&v("text")));
        assert_eq!(
            map.get_index(size).map(|(key, _)| key),
            Some(&v(1)),
            "a key keeps its spelling"
        );
        let removed = map.remove(&v(1.0)).expect("the key is hashable");
        assert_eq!(removed.map(|(_, value)| value), Some(v("still one")));
        assert_eq!(map.get_index(size).map(|(key, _)| key), Some(&v(2)));
    }
}

fn map_value() -> Value {
    map([])
}

#[test]
fn a_million_keys_that_look_alike() {
    // Multiples of large powers of two collide in a table that does not mix its keys.
    let mut map = Map::new();
    for key in 0..200_000i128 {
        let known = map
            .insert(v(key << 40), Value::NONE)
            .expect("integers are hashable");
        assert!(known.is_none());
    }
    assert_eq!(map.len(), 200_000);
    let value = Value::map(map);
    assert!(mapping(&value).is_some_and(|map| map.get(&v(5i128 << 40)).is_ok()));
}
