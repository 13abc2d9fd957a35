//! Slices, items, membership, and passes over values.

use super::{list, map, safe, shown, tuple, v};
use crate::error::Error;
use crate::value::sequence::{contains, slice};
use crate::value::{Symbol, Undefined, UndefinedPolicy, Unlimited, Value, access, collect, length};

const N: Value = Value::NONE;

fn range(start: i64, stop: i64, step: i64) -> Value {
    Value::range(start, stop, step).expect("the step is not 0")
}

fn cut(value: Value, parts: [Value; 3]) -> String {
    let [start, stop, step] = parts;
    shown(slice(&Unlimited, &value, &start, &stop, &step))
}

#[test]
fn slices() {
    let five = || list([v(0), v(1), v(2), v(3), v(4)]);
    let rows = [
        (five(), [v(1), v(3), N], "[1, 2]"),
        (five(), [N, N, v(-1)], "[4, 3, 2, 1, 0]"),
        (five(), [v(-2), N, N], "[3, 4]"),
        (five(), [N, v(-2), N], "[0, 1, 2]"),
        (five(), [v(10), v(-10), v(-2)], "[4, 2, 0]"),
        (five(), [v(3), v(1), N], "[]"),
        (five(), [v(i64::MIN), v(i64::MAX), v(i64::MAX)], "[0]"),
        (five(), [v(i64::MAX), v(i64::MIN), v(i64::MIN)], "[4]"),
        (five(), [v(i128::MIN), v(i128::MAX), v(i128::MIN)], "[]"),
        (five(), [N, N, v(0)], "!!slice step cannot be zero"),
        (five(), [v(true), N, N], "[1, 2, 3, 4]"),
        (list([]), [N, N, v(-1)], "[]"),
        (v("héllo😀"), [v(1), v(3), N], "'él'"),
        (v("héllo😀"), [N, N, v(-2)], "'😀lé'"),
        (v("abc"), [N, N, v(-1)], "'cba'"),
        (v("abc"), [v(5), N, N], "''"),
        (safe("<b>"), [v(1), N, N], "Markup('b>')"),
        (tuple([v(1), v(2)]), [v(1), N, N], "(2,)"),
        (range(0, 10, 1), [v(2), v(8), v(3)], "range(2, 8, 3)"),
        (range(0, 10, 1), [N, N, v(-1)], "range(9, -1, -1)"),
        (Value::bytes(vec![97, 98, 99]), [N, N, v(2)], "b'ac'"),
        (v(5), [v(1), N, N], "!!'int' object cannot be sliced"),
        (map([]), [v(1), N, N], "!!'dict' object cannot be sliced"),
        (
            v("abc"),
            [v("x"), N, N],
            "!!the parts of a slice must be integers or none, found str",
        ),
    ];
    for (value, parts, expected) in rows {
        assert_eq!(cut(value, parts), expected);
    }
}

fn item(value: Value, key: Value) -> String {
    let found = access::find_item(&Unlimited, &value, &key);
    shown(found.map(|found| found.unwrap_or(v("missing"))))
}

#[test]
fn items() {
    let rows = [
        (list([v("a"), v("b")]), v(0), "'a'"),
        (list([v("a"), v("b")]), v(-1), "'b'"),
        (list([v("a"), v("b")]), v(true), "'b'"),
        (list([v("a")]), v(1), "'missing'"),
        (list([v("a")]), v(-2), "'missing'"),
        (list([v("a")]), v(i128::MIN), "'missing'"),
        (list([v("a")]), v(0.0), "'missing'"),
        (list([v("a")]), v("0"), "'missing'"),
        (tuple([v("a")]), v(0), "'a'"),
        (v("né😀"), v(-1), "'😀'"),
        (safe("<b"), v(0), "Markup('<')"),
        (range(0, 10, 3), v(-1), "9"),
        (range(0, 10, 3), v(4), "'missing'"),
        (Value::bytes(vec![7]), v(0), "7"),
        (map([(v(1), v("one"))]), v(1.0), "'one'"),
        (map([]), list([]), "'missing'"),
        (v(5), v(0), "'missing'"),
        (Value::UNDEFINED, v(0), "!!the value is undefined"),
    ];
    for (value, key, expected) in rows {
        assert_eq!(item(value, key), expected);
    }
}

#[test]
fn attributes() {
    let name = Symbol::new("name");
    let policy = UndefinedPolicy::Lenient;
    let get = |value: &Value| access::attribute(&Unlimited, policy, value, &name);
    assert_eq!(shown(get(&map([(v("name"), v(1))]))), "1");
    assert_eq!(shown(get(&crate::context! { name => 2 })), "2");
    let missing = get(&v("text")).expect("it is missing");
    let undefined = missing.as_undefined().expect("it is undefined");
    assert_eq!(undefined.message(), "'str object' has no attribute 'name'");
    let chain = Value::missing(Undefined::name("x", UndefinedPolicy::Chainable));
    let chained = get(&chain).expect("it can be chained");
    assert_eq!(
        chained
            .as_undefined()
            .map(|known| known.message())
            .as_deref(),
        Some("'x' is undefined")
    );
    for policy in [
        UndefinedPolicy::Lenient,
        UndefinedPolicy::Debug,
        UndefinedPolicy::Strict,
    ] {
        let plain = Value::missing(Undefined::name("x", policy));
        assert_eq!(shown(get(&plain)), "!!'x' is undefined");
    }
}

#[test]
fn membership() {
    let rows = [
        (v("abc"), v("bc"), "True"),
        (v("abc"), v(""), "True"),
        (
            v("abc"),
            v(1),
            "!!'in <string>' requires string as left operand, not int",
        ),
        (list([v(1), v("a")]), v(1.0), "True"),
        (list([v(f64::NAN)]), v(f64::NAN), "True"),
        (tuple([]), v(1), "False"),
        (map([(v(1), N)]), v(true), "True"),
        (map([]), list([]), "!!unhashable type: 'list'"),
        (range(0, i64::MAX, 7), v(i64::MAX - 7), "True"),
        (range(10, 0, -3), v(4), "True"),
        (range(10, 0, -3), v(4.5), "False"),
        (range(0, 3, 1), v("a"), "False"),
        (Value::UNDEFINED, v(1), "False"),
        (Value::bytes(vec![97]), v(97), "True"),
        (
            Value::bytes(vec![97]),
            v(300),
            "!!byte must be in range(0, 256)",
        ),
        (
            Value::bytes(vec![97]),
            v("a"),
            "!!a bytes-like object is required, not 'str'",
        ),
        (v(5), v(1), "!!argument of type 'int' is not iterable"),
        (N, v(1), "!!argument of type 'NoneType' is not iterable"),
    ];
    for (container, item, expected) in rows {
        assert_eq!(
            shown(contains(&Unlimited, &container, &item).map(Value::from)),
            expected
        );
    }
}

#[test]
fn passes() {
    let rows = [
        (list([v(1), v(2)]), "[1, 2]"),
        (Value::list(vec![v(1)]), "[1]"),
        (tuple([v(1)]), "[1]"),
        (v("né"), "['n', 'é']"),
        (safe("<"), "['<']"),
        (map([(v("a"), v(1)), (v(2), v(3))]), "['a', 2]"),
        (crate::context! { x => 1, y => 2 }, "['x', 'y']"),
        (range(0, -5, -2), "[0, -2, -4]"),
        (range(i64::MAX - 1, i64::MAX, 1), "[9223372036854775806]"),
        (Value::bytes(vec![1, 2]), "[1, 2]"),
        (Value::UNDEFINED, "[]"),
        (v(5), "!!'int' object is not iterable"),
        (N, "!!'NoneType' object is not iterable"),
    ];
    for (value, expected) in rows {
        assert_eq!(
            shown(collect(&Unlimited, &value).map(Value::from)),
            expected
        );
        if let Ok(items) = value.try_iter() {
            assert_eq!(items.known_len(), value.len().or(Some(0)), "{value:?}");
        }
    }
    let lengths: Vec<Result<usize, Error>> = vec![
        length(&Unlimited, &v("né")),
        length(&Unlimited, &Value::UNDEFINED),
        length(&Unlimited, &range(0, i64::MAX, 1)),
    ];
    let lengths: Vec<_> = lengths.into_iter().flatten().collect();
    assert_eq!(lengths, [2, 0, i64::MAX as usize]);
    assert_eq!(
        shown(length(&Unlimited, &v(5)).map(Value::from)),
        "!!object of type 'int' has no len()"
    );
}

#[test]
fn a_list_that_grows_under_a_pass() {
    let value = list([v(1), v(2)]);
    let own = value.as_list().expect("it is a list").clone();
    let mut seen = Vec::new();
    for item in value.try_iter().expect("lists have items") {
        if own.len() < 5 {
            own.append(&Unlimited, &value, v(own.len() as i64 * 10))
                .expect("a template's list can grow");
        }
        seen.push(item);
    }
    assert_eq!(format!("{seen:?}"), "[1, 2, 20, 30, 40]");
}

#[test]
fn hosts_lists_do_not_change() {
    let value = Value::from(vec![1, 2]);
    let result = value
        .as_list()
        .expect("it is a list")
        .append(&Unlimited, &value, v(3));
    assert!(result.is_err());
    let copy = Value::shared_list(collect(&Unlimited, &value).expect("lists have items"));
    let view = copy.as_list().expect("it is a list").items();
    copy.as_list()
        .expect("it is a list")
        .append(&Unlimited, &copy, v(3))
        .expect("a template's list can grow");
    assert_eq!(view.len(), 2, "what was looked at stays as it was");
    assert_eq!(copy.len(), Some(3));
}
