//! From the host's types and back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{list, map, repr, safe, tuple, v};
use crate::error::ErrorKind;
use crate::value::{Object, Value, of_context};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Row {
    id: u32,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<String>,
    tags: Vec<String>,
}

fn row(id: u32, note: Option<&str>) -> Row {
    Row {
        id,
        name: format!("row{id}"),
        note: note.map(str::to_owned),
        tags: vec!["a".into()],
    }
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Kind {
    Unit,
    New(i32),
    Pair(i32, String),
    Struct { x: f64 },
}

#[test]
fn rows_share_their_shape() {
    let rows = [
        row(1, None),
        row(2, Some("n")),
        row(3, None),
        row(4, Some("m")),
    ];
    let value = Value::from_serialize(&rows).expect("rows convert");
    let shapes: Vec<_> = value
        .try_iter()
        .expect("it is a list")
        .map(|row| Arc::as_ptr(row.as_record().expect("it is a record").shape()) as usize)
        .collect();
    assert_eq!(shapes[0], shapes[2]);
    assert_eq!(shapes[1], shapes[3]);
    assert_ne!(shapes[0], shapes[1]);
    assert_eq!(
        repr(&value.get_item(&v(1))),
        "{'id': 2, 'name': 'row2', 'note': 'n', 'tags': ['a']}"
    );
    assert_eq!(
        value.deserialize::<Vec<Row>>().expect("they convert back"),
        rows
    );
}

#[test]
fn data() {
    let rows = [
        (Value::from_serialize(&Kind::Unit), "'Unit'"),
        (Value::from_serialize(&Kind::New(1)), "{'New': 1}"),
        (
            Value::from_serialize(&Kind::Pair(1, "a".into())),
            "{'Pair': (1, 'a')}",
        ),
        (
            Value::from_serialize(&Kind::Struct { x: 1.0 }),
            "{'Struct': {'x': 1.0}}",
        ),
        (
            Value::from_serialize(&(1, "a", None::<u8>)),
            "[1, 'a', None]",
        ),
        (Value::from_serialize(&u64::MAX), "18446744073709551615"),
        (
            Value::from_serialize(&i128::MIN),
            "-170141183460469231731687303715884105728",
        ),
        (
            Value::from_serialize(&BTreeMap::from([(1, 'x')])),
            "{1: 'x'}",
        ),
        (
            Value::from_serialize(&json!({"b": [1, 2.5, null], "a": true})),
            "{'b': [1, 2.5, None], 'a': True}",
        ),
        (Value::from_serialize(&()), "None"),
        (Value::from_serialize("text"), "'text'"),
    ];
    for (value, expected) in rows {
        assert_eq!(repr(&value.expect("it converts")), expected);
    }
    for kind in [
        Kind::Unit,
        Kind::New(1),
        Kind::Pair(1, "a".into()),
        Kind::Struct { x: 1.0 },
    ] {
        let value = Value::from_serialize(&kind).expect("it converts");
        assert_eq!(value.deserialize::<Kind>().expect("it converts back"), kind);
    }
    let slips = [
        Value::from_serialize(&u128::MAX),
        Value::from_serialize(&BTreeMap::from([(vec![1], 1)])),
    ];
    for slip in slips {
        assert!(slip.is_err());
    }
}

#[derive(Debug)]
struct Thing;
impl Object for Thing {}

#[test]
fn values_inside_come_through_as_they_are() {
    #[derive(Serialize)]
    struct Context<'a> {
        safe: Value,
        list: &'a Value,
        thing: HashMap<String, Option<Value>>,
        future: (Value,),
    }
    let shared = list([v(1)]);
    let thing = Value::from_object(Thing);
    let context = Context {
        safe: safe("<b>"),
        list: &shared,
        thing: HashMap::from([("it".to_owned(), Some(thing.clone()))]),
        future: (Value::from_future(async { Ok(1) }),),
    };
    let value = Value::from_serialize(&context).expect("it converts");
    assert!(value.get_attr("safe").is_safe());
    assert!(value.get_attr("list").is_same(&shared));
    assert!(value.get_attr("thing").get_attr("it").is_same(&thing));
    assert!(value.get_attr("future").get_item(&v(0)).is_pending());
    assert!(
        Value::from_serialize(&shared)
            .expect("it is a value")
            .is_same(&shared)
    );
}

#[test]
fn a_ticket_is_nothing_to_others() {
    // A type of the host with the private name, and a value in a foreign serialiser.
    #[derive(Serialize)]
    #[serde(rename = "$kakehi::Value")]
    struct Forged(u64);
    assert_eq!(
        repr(&Value::from_serialize(&Forged(0)).expect("it is a number")),
        "0"
    );
    let value = map([
        (v("a"), tuple([v(1), v(1.5), Value::NONE])),
        (v("b"), safe("<")),
        (v(3), Value::UNDEFINED),
        (v("c"), v(u64::MAX)),
        (v("d"), Value::range(0, 3, 1).expect("the step is 1")),
    ]);
    let text = serde_json::to_string(&value).expect("it serialises");
    assert_eq!(
        text,
        r#"{"a":[1,1.5,null],"b":"<","3":null,"c":18446744073709551615,"d":[0,1,2]}"#
    );
    assert!(serde_json::to_string(&Value::from_future(async { Ok(1) })).is_err());
}

#[test]
fn flattened() {
    #[derive(Serialize)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        rest: Value,
    }
    let outer = Outer {
        id: 1,
        rest: map([(v("x"), v(2)), (v("o"), Value::from_object(Thing))]),
    };
    let value = Value::from_serialize(&outer).expect("it converts");
    assert_eq!(value.get_attr("x"), v(2));
    assert!(value.get_attr("o").downcast_object::<Thing>().is_some());
}

#[test]
fn only_wanted_fields() {
    #[derive(Serialize)]
    struct Context {
        wanted: Row,
        #[serde(serialize_with = "fail")]
        unwanted: (),
    }
    fn fail<S: serde::Serializer>((): &(), _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("nobody reads this"))
    }
    let context = Context {
        wanted: row(1, None),
        unwanted: (),
    };
    let all = Value::from_serialize(&context).expect_err("one field fails");
    assert_eq!(all.kind(), ErrorKind::Serialization);
    assert_eq!(
        all.message(),
        "cannot convert a value of the host: nobody reads this"
    );
    let value = of_context(&context, Some(&|name| name == "wanted")).expect("the other is skipped");
    assert_eq!(
        repr(&value),
        "{'wanted': {'id': 1, 'name': 'row1', 'tags': ['a']}}"
    );
    let json = json!({"a": {"b": 1}, "c": 2});
    let value = of_context(&json, Some(&|name| name == "a")).expect("it converts");
    assert_eq!(repr(&value), "{'a': {'b': 1}}");
}

#[test]
fn contexts() {
    let user = row(1, None);
    let id = 7;
    let thing = Value::from_object(Thing);
    let make = |n: i32| crate::context! { n, user, id => id + 1, thing, r#type => "t", };
    let (a, b) = (make(1), make(2));
    assert_eq!(repr(&a.get_attr("user").get_attr("name")), "'row1'");
    assert_eq!(a.get_attr("id"), v(8));
    assert_eq!(a.get_attr("type"), v("t"));
    assert!(a.get_attr("thing").downcast_object::<Thing>().is_some());
    let shape = |value: &Value| Arc::as_ptr(value.as_record().expect("it is a record").shape());
    assert_eq!(shape(&a), shape(&b));
    assert_eq!(repr(&crate::context! {}), "{}");
    assert_eq!(repr(&crate::context! { n => 1, n => 2 }), "{'n': 2}");
    let more = crate::context! { n => 0, ..a, ..json!({"z": 26, "n": 9}) };
    assert_eq!((more.get_attr("n"), more.get_attr("z")), (v(0), v(26)));
    let broken = crate::context! { big => u128::MAX };
    let big = broken.get_attr("big");
    let error = big.as_undefined().expect("it failed").error();
    assert_eq!(
        error.message(),
        "integers have at most 128 bits, and this one has more"
    );
}

#[test]
fn typed() {
    assert_eq!(u8::try_from(&v(255)).ok(), Some(255));
    let error = u8::try_from(&v(256)).expect_err("it is too large");
    assert_eq!(error.message(), "256 is out of range for u8");
    let error = i64::try_from(&v("x")).expect_err("it is a string");
    assert_eq!(error.message(), "expected an integer, found string");
    let error = i64::try_from(&Value::UNDEFINED).expect_err("it is undefined");
    assert_eq!(error.kind(), ErrorKind::Undefined);
    assert_eq!(char::try_from(&v('é')).ok(), Some('é'));
    assert_eq!(f64::try_from(v(1)).ok(), Some(1.0));
    assert!(bool::try_from(&v(1)).is_err());
    assert_eq!(repr(&v((1, "a", [1.5]))), "(1, 'a', [1.5])");
    assert_eq!(repr(&v(vec![Some(1), None])), "[1, None]");
    assert_eq!(repr(&v(BTreeMap::from([("a", 1)]))), "{'a': 1}");
}

/// Fails after its first field.
struct Broken;

impl Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeStruct};
        let mut fields = serializer.serialize_struct("Broken", 2)?;
        fields.serialize_field("lost", &1)?;
        Err(S::Error::custom("broken"))
    }
}

/// What can be converted of some rows, others left out.
struct Whole;

impl Serialize for Whole {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut rows = serializer.serialize_seq(None)?;
        rows.serialize_element(&row(1, None))?;
        assert!(rows.serialize_element(&[Broken]).is_err());
        rows.serialize_element(&row(2, None))?;
        rows.end()
    }
}

#[test]
fn a_struct_that_fails_half_way_leaves_nothing_behind() {
    #[derive(Serialize)]
    struct Outer {
        first: u8,
        rows: Whole,
        last: u8,
    }
    let outer = Outer {
        first: 1,
        rows: Whole,
        last: 3,
    };
    let value = Value::from_serialize(&outer).expect("it converts");
    let ids =
        "[{'id': 1, 'name': 'row1', 'tags': ['a']}, {'id': 2, 'name': 'row2', 'tags': ['a']}]";
    assert_eq!(
        repr(&value),
        format!("{{'first': 1, 'rows': {ids}, 'last': 3}}")
    );
}

#[test]
fn conversions_share_the_shapes_of_types() {
    let shape = |row: &Row| {
        let value = Value::from_serialize(row).expect("it converts");
        Arc::as_ptr(value.as_record().expect("it is a record").shape()) as usize
    };
    assert_eq!(shape(&row(1, None)), shape(&row(2, None)));
    assert_eq!(shape(&row(1, Some("n"))), shape(&row(2, Some("m"))));
    assert_ne!(shape(&row(1, None)), shape(&row(1, Some("n"))));
}

#[test]
fn rows_of_a_list_are_right_wherever_they_change() {
    #[derive(Serialize)]
    struct Point {
        x: i32,
        inner: Vec<Point>,
    }
    #[derive(Serialize)]
    struct Nothing {}
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Item {
        Point(Point),
        Row(Row),
        Number(i32),
        Nothing(Nothing),
    }
    /// An item and how it is spelled.
    type Make = fn(i32) -> (Item, String);
    let kinds: [Make; 5] = [
        |x| {
            let inner = vec![Point {
                x: -x,
                inner: vec![],
            }];
            let spelled = format!("{{'x': {x}, 'inner': [{{'x': {}, 'inner': []}}]}}", -x);
            (Item::Point(Point { x, inner }), spelled)
        },
        |x| {
            let spelled = format!("{{'id': {x}, 'name': 'row{x}', 'tags': ['a']}}");
            (Item::Row(row(x as u32, None)), spelled)
        },
        |x| {
            let spelled = format!("{{'id': {x}, 'name': 'row{x}', 'note': 'n', 'tags': ['a']}}");
            (Item::Row(row(x as u32, Some("n"))), spelled)
        },
        |x| (Item::Number(x), x.to_string()),
        |_| (Item::Nothing(Nothing {}), "{}".to_owned()),
    ];
    // All lists of four items.
    for number in 0..kinds.len().pow(4) {
        let kind = |place: u32| kinds[number / kinds.len().pow(place) % kinds.len()];
        let (items, spelled): (Vec<Item>, Vec<String>) =
            (0..4).map(|place| kind(place)(place as i32 + 1)).unzip();
        let expected = format!("[{}]", spelled.join(", "));
        let value = Value::from_serialize(&items).expect("it converts");
        assert_eq!(repr(&value), expected);
    }
}

#[test]
fn a_row_outlives_its_list() {
    let rows = [row(1, None), row(2, None), row(3, None)];
    let value = Value::from_serialize(&rows).expect("rows convert");
    let second = value.get_item(&v(1));
    let again = value.get_item(&v(1));
    assert!(second.is_same(&again) && !second.is_same(&value.get_item(&v(2))));
    drop((value, again));
    assert_eq!(repr(&second), "{'id': 2, 'name': 'row2', 'tags': ['a']}");
    let keys: Vec<Value> = second.try_iter().expect("it has keys").collect();
    assert_eq!(repr(&v(keys)), "['id', 'name', 'tags']");
}

#[test]
fn a_map_whose_keys_and_values_do_not_take_turns() {
    // Keys without values are forgotten, and a value without a key has that of nothing.
    struct Odd;
    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(None)?;
            map.serialize_key("lost")?;
            map.serialize_key("a")?;
            map.serialize_value(&1)?;
            map.serialize_value(&2)?;
            map.serialize_key("failed")?;
            assert!(map.serialize_value(&[Broken]).is_err());
            map.serialize_key("last")?;
            map.end()
        }
    }
    let value = Value::from_serialize(&[Odd, Odd]).expect("it converts");
    assert_eq!(repr(&value), "[{'a': 1, None: 2}, {'a': 1, None: 2}]");
}

#[test]
fn conversions_run_within_others_and_while_a_thread_ends() {
    use std::cell::RefCell;
    use std::sync::mpsc::{Sender, channel};

    /// Converted by a conversion of its own.
    struct Within;
    impl Serialize for Within {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let value = Value::from_serialize(&[row(1, None), row(2, None)]);
            value.expect("rows convert").serialize(serializer)
        }
    }
    let expected =
        "[{'id': 1, 'name': 'row1', 'tags': ['a']}, {'id': 2, 'name': 'row2', 'tags': ['a']}]";
    let value = Value::from_serialize(&(row(3, None), Within, "x")).expect("it converts");
    assert_eq!(repr(&value.get_item(&v(1))), expected);
    assert_eq!(repr(&value.get_item(&v(2))), "'x'");

    /// Converts when it is dropped.
    struct Late(Sender<String>);
    impl Drop for Late {
        fn drop(&mut self) {
            let value = Value::from_serialize(&[row(1, None), row(2, None)]);
            let _ = self.0.send(repr(&value.expect("rows convert")));
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    let (sender, receiver) = channel();
    let thread = std::thread::spawn(move || {
        LATE.set(Some(Late(sender)));
        let _ = Value::from_serialize(&[1]);
    });
    thread.join().expect("the thread ends");
    assert_eq!(receiver.recv().as_deref(), Ok(expected));
}
