//! `str()` and `repr()`, and the escaping of HTML.

use std::f64::consts::PI;

use super::{list, map, repr, safe, shown, tuple, v};
use crate::error::ErrorKind;
use crate::value::text::{char_at, char_count, escaped};
use crate::value::{Undefined, UndefinedPolicy, Unlimited, Value, display};

#[test]
#[expect(
    clippy::excessive_precision,
    reason = "what is too precise to be printed is what the row is about"
)]
fn floats() {
    let rows: &[(f64, &str)] = &[
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.5, "-1.5"),
        (12.99, "12.99"),
        (0.0001, "0.0001"),
        (0.00012, "0.00012"),
        (0.00001, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (100.0, "100.0"),
        (123456789.125, "123456789.125"),
        (1e15, "1000000000000000.0"),
        (1234567890123456.0, "1234567890123456.0"),
        (9999999999999998.0, "9999999999999998.0"),
        (1e16, "1e+16"),
        (1.5e16, "1.5e+16"),
        (1e22, "1e+22"),
        (1e100, "1e+100"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (PI, "3.141592653589793"),
        (0.1 + 0.2, "0.30000000000000004"),
        // Halfway between two spellings, and next to a power of two.
        (2204851762983412.25, "2204851762983412.2"),
        (2f64.powi(-97), "6.310887241768095e-30"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ];
    for (float, expected) in rows {
        assert_eq!(repr(&v(*float)), *expected);
    }
}

#[test]
fn strings() {
    let rows: &[(&str, &str)] = &[
        ("", "''"),
        ("it's", "\"it's\""),
        ("say \"hi\"", "'say \"hi\"'"),
        ("'\"", "'\\'\"'"),
        ("\n\r\t\\", "'\\n\\r\\t\\\\'"),
        ("\0\x7f", "'\\x00\\x7f'"),
        ("é日本😀", "'é日本😀'"),
        ("\u{80}\u{a0}\u{ad}", "'\\x80\\xa0\\xad'"),
        ("\u{200b}\u{2028}\u{feff}", "'\\u200b\\u2028\\ufeff'"),
        ("\u{301}e\u{301}", "'\u{301}e\u{301}'"),
        ("\u{e0001}", "'\\U000e0001'"),
    ];
    for (text, expected) in rows {
        assert_eq!(repr(&v(*text)), *expected);
    }
}

#[test]
fn containers() {
    let rows: &[(Value, &str)] = &[
        (
            list([v(1), v("a"), v(2.0), Value::NONE, v(true)]),
            "[1, 'a', 2.0, None, True]",
        ),
        (list([]), "[]"),
        (tuple([]), "()"),
        (tuple([v(1)]), "(1,)"),
        (tuple([v(1), v(2)]), "(1, 2)"),
        (map([]), "{}"),
        (
            map([(v("k"), v(1.0)), (v(1), list([]))]),
            "{'k': 1.0, 1: []}",
        ),
        (list([safe("<b>")]), "[Markup('<b>')]"),
        (list([Value::UNDEFINED]), "[Undefined]"),
        (
            Value::bytes(b"a'\x00\xff\n".to_vec()),
            "b\"a'\\x00\\xff\\n\"",
        ),
        (Value::range(0, 5, 1).expect("the step is 1"), "range(0, 5)"),
        (
            Value::range(0, 5, 2).expect("the step is 2"),
            "range(0, 5, 2)",
        ),
        (v(i128::MIN), "-170141183460469231731687303715884105728"),
    ];
    for (value, expected) in rows {
        assert_eq!(repr(value), *expected);
        assert_eq!(value.to_string(), *expected);
        assert_eq!(format!("{value:?}"), *expected);
    }
}

#[test]
fn undefined() {
    use UndefinedPolicy::{Chainable, Debug, Lenient, Strict};
    let owner = map([]);
    let rows = [
        (Undefined::name("x", Lenient), "''"),
        (Undefined::name("x", Chainable), "''"),
        (Undefined::name("x", Debug), "'{{ x }}'"),
        (
            Undefined::attribute(&owner, "q", Debug),
            "\"{{ no such element: dict object['q'] }}\"",
        ),
        (
            Undefined::item(&Unlimited, &list([]), &v(0), Debug),
            "'{{ no such element: list object[0] }}'",
        ),
        (
            Undefined::hint("why", Debug),
            "'{{ undefined value printed: why }}'",
        ),
        (Undefined::name("x", Strict), "!!'x' is undefined"),
        (
            Undefined::attribute(&owner, "q", Strict),
            "!!'dict object' has no attribute 'q'",
        ),
        (
            Undefined::attribute(&Value::NONE, "q", Strict),
            "!!'None' has no attribute 'q'",
        ),
        (
            Undefined::item(&Unlimited, &list([]), &v(0), Strict),
            "!!'list object' has no element 0",
        ),
        (
            Undefined::item(&Unlimited, &owner, &v("q"), Strict),
            "!!'dict object' has no attribute 'q'",
        ),
        (Undefined::hint("why", Strict), "!!why"),
    ];
    for (undefined, expected) in rows {
        let value = Value::missing(undefined);
        let text = display::to_text(&Unlimited, &value);
        if let Err(error) = &text {
            assert_eq!(error.kind(), ErrorKind::Undefined);
        }
        assert_eq!(shown(text.map(Value::from)), expected);
        assert_eq!(format!("{value:?}"), "Undefined");
    }
}

#[test]
fn escaping() {
    let rows: &[(&str, &str)] = &[
        ("", ""),
        ("plain", "plain"),
        ("<>&\"'", "&lt;&gt;&amp;&#34;&#39;"),
        ("a<b", "a&lt;b"),
        ("0123456<", "0123456&lt;"),
        ("01234567<", "01234567&lt;"),
        ("012345678<0123456&", "012345678&lt;0123456&amp;"),
        (
            "\u{a6}\u{a7}\u{bc}\u{be}é日本😀",
            "\u{a6}\u{a7}\u{bc}\u{be}é日本😀",
        ),
        // What differs in one bit from what is escaped.
        (
            "%$#!:=?/\0\x02\x06\x07\x1c\x1e",
            "%$#!:=?/\0\x02\x06\x07\x1c\x1e",
        ),
        ("&&&&&&&&&", "&amp;&amp;&amp;&amp;&amp;&amp;&amp;&amp;&amp;"),
    ];
    for (text, expected) in rows {
        assert_eq!(escaped(text), *expected);
    }
    for byte in 0..128u8 {
        for at in 0..20 {
            let text = format!("{}{}{}", "x".repeat(at), byte as char, "y".repeat(9));
            let expected = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&#34;")
                .replace('\'', "&#39;");
            assert_eq!(escaped(&text), expected);
        }
    }
}

#[test]
fn escaped_output() {
    let rows = [
        (v("<"), "&lt;"),
        (safe("<"), "<"),
        (v(1.5), "1.5"),
        (list([v("a")]), "[&#39;a&#39;]"),
        (Value::UNDEFINED, ""),
        (Value::NONE, "None"),
    ];
    for (value, expected) in rows {
        let mut out = String::new();
        display::write_escaped(&Unlimited, &mut out, &value).expect("it prints");
        assert_eq!(out, expected);
    }
}

#[test]
fn characters() {
    assert_eq!(char_count("né😀"), 3);
    assert_eq!(char_at("né😀", 1), Some("é"));
    assert_eq!(char_at("né😀", 3), None);
    assert_eq!(char_at("abc", 3), None);
}
