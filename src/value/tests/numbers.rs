//! Arithmetic, and numbers from text.

use super::{list, map, safe, shown, tuple, v};
use crate::value::number::{parse_float, parse_int};
use crate::value::{Unlimited, Value, operate};

const MAX: i128 = i128::MAX;
const MIN: i128 = i128::MIN;

#[test]
fn operators() {
    let c = &Unlimited;
    let rows: &[(&str, Result<Value, _>, &str)] = &[
        ("1 + 2", operate::add(c, &v(1), &v(2)), "3"),
        (
            "i64 + 1",
            operate::add(c, &v(i64::MAX), &v(1)),
            "9223372036854775808",
        ),
        (
            "back to 64",
            operate::subtract(c, &v(1i128 << 63), &v(1)),
            "9223372036854775807",
        ),
        (
            "-i64 * -1",
            operate::multiply(c, &v(i64::MIN), &v(-1)),
            "9223372036854775808",
        ),
        (
            "beyond 128",
            operate::add(c, &v(MAX), &v(1)),
            "!!the result of `+` is an integer beyond 128 bits, which is the largest there is",
        ),
        ("True + True", operate::add(c, &v(true), &v(true)), "2"),
        (
            "0.1 + 0.2",
            operate::add(c, &v(0.1), &v(0.2)),
            "0.30000000000000004",
        ),
        ("1 + 1.5", operate::add(c, &v(1), &v(1.5)), "2.5"),
        ("7 / 2", operate::divide(c, &v(7), &v(2)), "3.5"),
        ("4 / 2", operate::divide(c, &v(4), &v(2)), "2.0"),
        (
            "rounded once",
            operate::divide(c, &v((1i64 << 53) + 1), &v(10)),
            "900719925474099.2",
        ),
        ("big / big", operate::divide(c, &v(MAX), &v(MAX - 1)), "1.0"),
        (
            "small / big",
            operate::divide(c, &v(8), &v(1267650600228229401496703217721i128)),
            "6.310887241768095e-30",
        ),
        (
            "1 / 0",
            operate::divide(c, &v(1), &v(0)),
            "!!division by zero",
        ),
        (
            "1 / 0.0",
            operate::divide(c, &v(1), &v(0.0)),
            "!!division by zero",
        ),
        ("7 // 2", operate::floor_divide(c, &v(7), &v(2)), "3"),
        ("-7 // 2", operate::floor_divide(c, &v(-7), &v(2)), "-4"),
        ("7 // -2", operate::floor_divide(c, &v(7), &v(-2)), "-4"),
        (
            "min // -1",
            operate::floor_divide(c, &v(i64::MIN), &v(-1)),
            "9223372036854775808",
        ),
        (
            "least // -1",
            operate::floor_divide(c, &v(MIN), &v(-1)),
            "!!the result of `//` is an integer beyond 128 bits, which is the largest there is",
        ),
        ("7.5 // 2", operate::floor_divide(c, &v(7.5), &v(2)), "3.0"),
        (
            "-0.0 // 1",
            operate::floor_divide(c, &v(-0.0), &v(1)),
            "-0.0",
        ),
        (
            "5.0 // -0.3",
            operate::floor_divide(c, &v(5.0), &v(-0.3)),
            "-17.0",
        ),
        (
            "1e300 // 1e-300",
            operate::floor_divide(c, &v(1e300), &v(1e-300)),
            "inf",
        ),
        (
            "7 // 0",
            operate::floor_divide(c, &v(7), &v(0)),
            "!!division by zero",
        ),
        ("7 % 3", operate::remainder(c, &v(7), &v(3)), "1"),
        ("-7 % 3", operate::remainder(c, &v(-7), &v(3)), "2"),
        ("7 % -3", operate::remainder(c, &v(7), &v(-3)), "-2"),
        ("-7 % -3", operate::remainder(c, &v(-7), &v(-3)), "-1"),
        ("least % -1", operate::remainder(c, &v(MIN), &v(-1)), "0"),
        (
            "-1 % 0.3",
            operate::remainder(c, &v(-1), &v(0.3)),
            "0.19999999999999996",
        ),
        (
            "-1.0 % inf",
            operate::remainder(c, &v(-1.0), &v(f64::INFINITY)),
            "inf",
        ),
        (
            "7 % 0",
            operate::remainder(c, &v(7), &v(0)),
            "!!modulo by zero",
        ),
        ("2 ** 10", operate::power(c, &v(2), &v(10)), "1024"),
        ("2 ** -1", operate::power(c, &v(2), &v(-1)), "0.5"),
        (
            "2 ** 0.5",
            operate::power(c, &v(2), &v(0.5)),
            "1.4142135623730951",
        ),
        ("0 ** 0", operate::power(c, &v(0), &v(0)), "1"),
        (
            "0 ** -1",
            operate::power(c, &v(0), &v(-1)),
            "!!0.0 cannot be raised to a negative power",
        ),
        ("1 ** huge", operate::power(c, &v(1), &v(MAX)), "1"),
        ("-1 ** huge", operate::power(c, &v(-1), &v(MAX)), "-1"),
        (
            "2 ** 126",
            operate::power(c, &v(2), &v(126)),
            "85070591730234615865843651857942052864",
        ),
        (
            "2 ** 127",
            operate::power(c, &v(2), &v(127)),
            "!!the result of `**` is an integer beyond 128 bits, which is the largest there is",
        ),
        (
            "2 ** huge",
            operate::power(c, &v(2), &v(MAX)),
            "!!the result of `**` is an integer beyond 128 bits, which is the largest there is",
        ),
        (
            "-8 ** 0.5",
            operate::power(c, &v(-8), &v(0.5)),
            "!!a negative number cannot be raised to a fractional power",
        ),
        (
            "1e308 ** 2",
            operate::power(c, &v(1e308), &v(2)),
            "!!the result of `**` is a float beyond the largest there is",
        ),
        (
            "-least",
            operate::negate(c, &v(MIN)),
            "!!the result of `-` is an integer beyond 128 bits, which is the largest there is",
        ),
        (
            "-i64::MIN",
            operate::negate(c, &v(i64::MIN)),
            "9223372036854775808",
        ),
        ("-True", operate::negate(c, &v(true)), "-1"),
        ("-0.0", operate::negate(c, &v(0.0)), "-0.0"),
        ("+True", operate::plus(c, &v(true)), "1"),
        (
            "-'a'",
            operate::negate(c, &v("a")),
            "!!bad operand type for unary -: 'str'",
        ),
    ];
    for (name, result, expected) in rows {
        assert_eq!(shown(result.clone()), *expected, "{name}");
    }
}

#[test]
fn operators_on_sequences() {
    let c = &Unlimited;
    let rows: &[(&str, Result<Value, _>, &str)] = &[
        ("str + str", operate::add(c, &v("a"), &v("b")), "'ab'"),
        (
            "str + int",
            operate::add(c, &v("a"), &v(1)),
            "!!can only concatenate str (not \"int\") to str",
        ),
        (
            "int + str",
            operate::add(c, &v(1), &v("a")),
            "!!unsupported operand type(s) for +: 'int' and 'str'",
        ),
        (
            "markup + str",
            operate::add(c, &safe("<"), &v("<")),
            "Markup('<&lt;')",
        ),
        (
            "str + markup",
            operate::add(c, &v("<"), &safe("<")),
            "Markup('&lt;<')",
        ),
        (
            "markup + int",
            operate::add(c, &safe("a"), &v(1)),
            "!!unsupported operand type(s) for +: 'Markup' and 'int'",
        ),
        (
            "list + list",
            operate::add(c, &list([v(1)]), &list([v(2)])),
            "[1, 2]",
        ),
        (
            "list + tuple",
            operate::add(c, &list([v(1)]), &tuple([v(2)])),
            "!!can only concatenate list (not \"tuple\") to list",
        ),
        (
            "tuple + tuple",
            operate::add(c, &tuple([v(1)]), &tuple([v(2)])),
            "(1, 2)",
        ),
        (
            "dict + dict",
            operate::add(c, &map([]), &map([])),
            "!!unsupported operand type(s) for +: 'dict' and 'dict'",
        ),
        ("str * 3", operate::multiply(c, &v("ab"), &v(3)), "'ababab'"),
        (
            "3 * markup",
            operate::multiply(c, &v(2), &safe("<")),
            "Markup('<<')",
        ),
        (
            "list * -1",
            operate::multiply(c, &list([v(1)]), &v(-1)),
            "[]",
        ),
        (
            "tuple * True",
            operate::multiply(c, &tuple([v(1)]), &v(true)),
            "(1,)",
        ),
        ("'' * huge", operate::multiply(c, &v(""), &v(MAX)), "''"),
        (
            "str * float",
            operate::multiply(c, &v("a"), &v(1.5)),
            "!!can't multiply sequence by non-int of type 'float'",
        ),
        (
            "str - str",
            operate::subtract(c, &v("a"), &v("b")),
            "!!unsupported operand type(s) for -: 'str' and 'str'",
        ),
        (
            "concat plain",
            operate::concat(c, &[v("<"), safe("<"), v(1)], false),
            "'<<1'",
        ),
        (
            "concat escapes",
            operate::concat(c, &[v("<"), safe("<"), v(1.5)], true),
            "Markup('&lt;<1.5')",
        ),
        (
            "concat of no markup",
            operate::concat(c, &[v("<"), v(1)], true),
            "'<1'",
        ),
        (
            "concat lists",
            operate::concat(c, &[list([v("<")]), safe("")], true),
            "Markup('[&#39;&lt;&#39;]')",
        ),
        (
            "concat undefined",
            operate::concat(c, &[v("a"), Value::UNDEFINED], true),
            "'a'",
        ),
    ];
    for (name, result, expected) in rows {
        assert_eq!(shown(result.clone()), *expected, "{name}");
    }
}

#[test]
fn integers_from_text() {
    let rows: &[(&str, u32, Option<i128>)] = &[
        ("42", 10, Some(42)),
        (" -42\n", 10, Some(-42)),
        ("+1_000", 10, Some(1000)),
        ("1__0", 10, None),
        ("_1", 10, None),
        ("1_", 10, None),
        ("", 10, None),
        ("-", 10, None),
        ("- 1", 10, None),
        ("1.5", 10, None),
        ("0x1f", 16, Some(31)),
        ("1f", 16, Some(31)),
        ("0x_1f", 16, Some(31)),
        ("0x1f", 10, None),
        ("0b101", 2, Some(5)),
        ("0b101", 16, Some(0xb101)),
        ("0o17", 0, Some(15)),
        ("0x", 16, None),
        ("010", 10, Some(10)),
        ("010", 0, None),
        ("00", 0, Some(0)),
        ("z", 36, Some(35)),
        ("٣٤", 10, Some(34)),
        ("1", 1, None),
        ("1", 37, None),
        (
            "-170141183460469231731687303715884105728",
            10,
            Some(i128::MIN),
        ),
    ];
    for (text, base, expected) in rows {
        assert_eq!(
            parse_int(text, *base).ok(),
            Some(*expected),
            "{text:?} in base {base}"
        );
    }
    assert!(parse_int("170141183460469231731687303715884105728", 10).is_err());
    assert!(parse_int(&"9".repeat(100_000), 10).is_err());
}

#[test]
fn floats_from_text() {
    let rows: &[(&str, Option<f64>)] = &[
        ("1.5", Some(1.5)),
        (" -1e5\t", Some(-1e5)),
        (".5", Some(0.5)),
        ("5.", Some(5.0)),
        ("1_0.2_5", Some(10.25)),
        ("1_.5", None),
        ("1e1_0", Some(1e10)),
        ("inf", Some(f64::INFINITY)),
        ("-Infinity", Some(f64::NEG_INFINITY)),
        ("1e400", Some(f64::INFINITY)),
        ("٣.٥", Some(3.5)),
        ("", None),
        (".", None),
        ("1 2", None),
        ("0x1p3", None),
        ("1.5f", None),
    ];
    for (text, expected) in rows {
        assert_eq!(parse_float(text), *expected, "{text:?}");
    }
    assert!(parse_float("nan").is_some_and(f64::is_nan));
}
