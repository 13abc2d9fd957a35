//! Contexts of renders, whose lists and structs stay on a tape until a value is wanted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{repr, v};
use crate::value::{Value, of_context};

#[derive(Serialize)]
struct Row {
    id: u32,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    tags: Vec<&'static str>,
}

fn row(id: u32) -> Row {
    Row {
        id,
        name: format!("row{id}"),
        note: (id % 3 == 1).then_some("n"),
        tags: vec!["a", "bcd"],
    }
}

/// A context as a render converts it, all of it.
fn context_of(data: &impl Serialize) -> Value {
    of_context(data, None).expect("it converts")
}

#[test]
fn contexts_are_what_values_are() {
    #[derive(Serialize)]
    struct Deep {
        rows: Vec<Row>,
        none: Option<Row>,
        nested: Vec<Vec<Vec<u8>>>,
        pairs: (i32, &'static str, [f64; 2]),
        long: Vec<String>,
        map: BTreeMap<&'static str, Vec<Row>>,
        empty: [(); 0],
        kinds: Vec<Kind>,
    }
    #[derive(Serialize)]
    enum Kind {
        Plain,
        Tuple(i32, &'static str),
        Struct { rows: Vec<Row> },
    }
    let data = Deep {
        rows: (0..40).map(row).collect(),
        none: None,
        nested: vec![vec![], vec![vec![], vec![1, 2]], vec![vec![3]]],
        pairs: (-1, "é", [0.5, 1e300]),
        long: (0..300)
            .step_by(60)
            .map(|length| "ü".repeat(length))
            .collect(),
        map: [("a", vec![row(1)])].into(),
        empty: [],
        kinds: vec![
            Kind::Plain,
            Kind::Tuple(1, "x"),
            Kind::Struct { rows: vec![row(2)] },
        ],
    };
    let value = Value::from_serialize(&data).expect("it converts");
    let context = context_of(&data);
    assert_eq!(repr(&context), repr(&value));
    assert_eq!(context, value);
    let json = |value: &Value| serde_json::to_string(value).expect("it serialises");
    assert_eq!(json(&context), json(&value));
    for name in ["rows", "nested", "pairs", "long", "map", "empty", "kinds"] {
        let (taped, made) = (context.get_attr(name), value.get_attr(name));
        assert_eq!(taped.len(), made.len(), "{name}");
        let items = |value: &Value| value.try_iter().expect("it iterates").collect::<Vec<_>>();
        assert_eq!(items(&taped), items(&made), "{name}");
    }
}

#[test]
fn a_list_that_says_nothing_of_its_length_or_lies_has_all_items() {
    struct Liar(Option<usize>, usize);
    impl Serialize for Liar {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq as _;
            let mut items = serializer.serialize_seq(self.0)?;
            for id in 0..self.1 {
                items.serialize_element(&(id, [id; 3], "text"))?;
            }
            items.end()
        }
    }
    for says in [None, Some(0), Some(3), Some(usize::MAX)] {
        for has in [0, 1, 2, 5, 100] {
            let lists = BTreeMap::from([("list", Liar(says, has))]);
            let value = Value::from_serialize(&lists).expect("it converts");
            assert_eq!(repr(&context_of(&lists)), repr(&value), "{says:?} {has}");
        }
    }
}

#[test]
fn what_comes_from_one_place_of_a_context_is_one() {
    #[derive(Serialize)]
    struct Rows {
        rows: Vec<Row>,
        empty: Vec<Vec<i32>>,
    }
    let context = context_of(&Rows {
        rows: vec![row(1), row(1)],
        empty: vec![vec![], vec![]],
    });
    let rows = context.get_attr("rows");
    let at = |index: i32| rows.get_item(&v(index));
    assert!(at(0).is_same(&at(0)) && !at(0).is_same(&at(1)));
    let empty = context.get_attr("empty");
    let inner = |index: i32| empty.get_item(&v(index));
    assert!(inner(0).is_same(&inner(0)) && !inner(0).is_same(&inner(1)));
    // Also what was made of it for who wants slices of values.
    let list = rows.as_list().expect("a list");
    let made = list.items().to_vec();
    assert!(made[0].is_same(&at(0)) && at(1).is_same(&made[1]) && !made[0].is_same(&at(1)));
    assert!(list.items()[0].is_same(&made[0]));
    // A row outlives its list and its context.
    let last = at(1);
    drop((context, rows, made, empty));
    assert_eq!(repr(&last.get_attr("name")), "'row1'");
}

#[test]
fn contexts_inside_of_contexts_are_dropped_in_a_loop() {
    #[derive(Serialize)]
    struct Within {
        inside: Vec<Value>,
    }
    let mut value = Value::from(1);
    for _ in 0..100_000 {
        let context = context_of(&Within {
            inside: vec![value],
        });
        value = context.get_attr("inside");
    }
    drop(value);
}

#[test]
fn a_variant_that_is_the_context_has_all_its_fields() {
    #[derive(Serialize)]
    enum Page {
        Home { title: &'static str, rows: Vec<Row> },
        Pair(&'static str, Row),
    }
    let home = Page::Home {
        title: "t",
        rows: vec![row(1)],
    };
    for page in [home, Page::Pair("p", row(2))] {
        let value = Value::from_serialize(&page).expect("it converts");
        let wanted: &dyn Fn(&str) -> bool = &|name| name == "Home" || name == "Pair";
        let context = of_context(&page, Some(wanted)).expect("it converts");
        assert_eq!(repr(&context), repr(&value));
    }
}
