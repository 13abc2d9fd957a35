//! The `%` operator of strings.

use super::{list, map, safe, shown, tuple, v};
use crate::error::ErrorKind;
use crate::value::{Undefined, UndefinedPolicy, Unlimited, Value, operate};

fn format(template: &Value, arguments: &Value) -> String {
    shown(operate::remainder(&Unlimited, template, arguments))
}

#[test]
fn conversions() {
    let rows = [
        ("%s", v("é"), "'é'"),
        ("%s", Value::NONE, "'None'"),
        ("%s", list([v(1)]), "'[1]'"),
        ("%r", v("a"), "\"'a'\""),
        ("%a", v("é😀"), "\"'\\\\xe9\\\\U0001f600'\""),
        ("%5s|%-5s|", tuple([v("ab"), v("ab")]), "'   ab|ab   |'"),
        (
            "%.1s|%5.1s|%05s",
            tuple([v("ab"), v("ab"), v("a")]),
            "'a|    a|    a'",
        ),
        ("%d %i %u", tuple([v(1), v(-1.9), v(true)]), "'1 -1 1'"),
        (
            "%+d % d %05d %-5d|",
            tuple([v(1), v(1), v(-3), v(2)]),
            "'+1  1 -0003 2    |'",
        ),
        (
            "%.3d %08.3d %+.5x",
            tuple([v(7), v(7), v(255)]),
            "'007 00000007 +000ff'",
        ),
        ("%x %X %o", tuple([v(255), v(-255), v(8)]), "'ff -FF 10'"),
        (
            "%#x %#X %#o",
            tuple([v(255), v(255), v(0)]),
            "'0xff 0XFF 0o0'",
        ),
        (
            "%#08x|%#-10.4x|",
            tuple([v(-255), v(255)]),
            "'-0x000ff|0x00ff    |'",
        ),
        (
            "%f %.0f %.2f",
            tuple([v(1.5), v(2.5), v(-0.005)]),
            "'1.500000 2 -0.01'",
        ),
        (
            "%e %E %.0e",
            tuple([v(1.5), v(1e100), v(0.0)]),
            "'1.500000e+00 1.000000E+100 0e+00'",
        ),
        (
            "%g %g %g %G",
            tuple([v(1e-4), v(1e-5), v(1234567.0), v(1e-10)]),
            "'0.0001 1e-05 1.23457e+06 1E-10'",
        ),
        (
            "%g %.17g %g",
            tuple([v(1e16), v(1e16), v(-0.0)]),
            "'1e+16 10000000000000000 -0'",
        ),
        (
            "%#g %#.0f %#.3g",
            tuple([v(1e5), v(1.0), v(1.0)]),
            "'100000. 1. 1.00'",
        ),
        (
            "%F %+f %05f %05f",
            tuple([
                v(f64::NAN),
                v(f64::INFINITY),
                v(f64::NEG_INFINITY),
                v(f64::NAN),
            ]),
            "'NAN +inf -0inf 00nan'",
        ),
        (
            "%010.3f|%+08.2f|%-8.2f|",
            tuple([v(1.5), v(2.5), v(3.5)]),
            "'000001.500|+0002.50|3.50    |'",
        ),
        ("%f", v(10i128.pow(22)), "'10000000000000000000000.000000'"),
        ("%c%c%5c|", tuple([v("é"), v(65), v("x")]), "'éA    x|'"),
        (
            "%*d|%-*d|%.*f",
            tuple([v(5), v(3), v(5), v(3), v(2), v(1.234)]),
            "'    3|3    |1.23'",
        ),
        ("%*d|", tuple([v(-5), v(3)]), "'3    |'"),
        ("%ld %hd %Ld", tuple([v(1), v(2), v(3)]), "'1 2 3'"),
        ("%s %%", v(1), "'1 %'"),
        (
            "%(a)s %(b(c))d",
            map([(v("a"), v("x")), (v("b(c)"), v(2))]),
            "'x 2'",
        ),
        ("%s %(a)s", map([(v("a"), v(1))]), "\"{'a': 1} 1\""),
        ("a", map([]), "'a'"),
        ("a", list([v(1)]), "'a'"),
    ];
    for (template, arguments, expected) in rows {
        assert_eq!(format(&v(template), &arguments), expected, "{template}");
    }
}

#[test]
fn markup() {
    let rows = [
        ("%s", v("<"), "Markup('&lt;')"),
        ("%s", safe("<"), "Markup('<')"),
        ("%r", v("<"), "Markup('&#39;&lt;&#39;')"),
        (
            "%(a)s %(b)d",
            map([(v("a"), v("<")), (v("b"), v("7"))]),
            "Markup('&lt; 7')",
        ),
        ("%.3s|", v("<<"), "Markup('&lt|')"),
        (
            "%s",
            list([safe("<")]),
            "Markup('[Markup(&#39;&lt;&#39;)]')",
        ),
    ];
    for (template, arguments, expected) in rows {
        assert_eq!(format(&safe(template), &arguments), expected, "{template}");
    }
    assert_eq!(format(&v("%s"), &safe("<")), "'<'");
}

#[test]
fn slips() {
    let rows = [
        ("%s %s", v(1), "!!not enough arguments for format string"),
        ("%s", tuple([]), "!!not enough arguments for format string"),
        (
            "a",
            v(1),
            "!!not all arguments converted during string formatting",
        ),
        (
            "%d",
            tuple([v(1), v(2)]),
            "!!not all arguments converted during string formatting",
        ),
        ("%(a)s", v(1), "!!format requires a mapping"),
        ("%(a)s", map([]), "!!the mapping has no key 'a'"),
        (
            "%(a)s %s",
            map([(v("a"), v(1))]),
            "!!not enough arguments for format string",
        ),
        ("%(a", map([]), "!!incomplete format key"),
        ("a%", v(1), "!!incomplete format"),
        ("%5", v(1), "!!incomplete format"),
        (
            "%y",
            v(1),
            "!!unsupported format character 'y' (0x79) at index 1",
        ),
        (
            "%é",
            v(1),
            "!!unsupported format character '?' (0xe9) at index 1",
        ),
        (
            "é%lld",
            v(1),
            "!!unsupported format character 'l' (0x6c) at index 3",
        ),
        (
            "%5%",
            v(1),
            "!!unsupported format character '%' (0x25) at index 2",
        ),
        (
            "%d",
            v("5"),
            "!!%d format: a real number is required, not str",
        ),
        (
            "%x",
            v(1.5),
            "!!%x format: an integer is required, not float",
        ),
        ("%f", v("1"), "!!must be real number, not str"),
        ("%d", v(f64::NAN), "!!cannot convert float NaN to integer"),
        ("%c", v("ab"), "!!%c requires int or char"),
        ("%c", v(-1), "!!%c arg not in range(0x110000)"),
        ("%c", v(0xd800), "!!%c arg not in range(0x110000)"),
        ("%*d", tuple([v("a"), v(1)]), "!!* wants int"),
        (
            "%99999999999999999999d",
            v(1),
            "!!width or precision of a format is too large",
        ),
        (
            "%.99999999999999999999d",
            v(1),
            "!!width or precision of a format is too large",
        ),
    ];
    for (template, arguments, expected) in rows {
        assert_eq!(format(&v(template), &arguments), expected, "{template}");
    }
    let strict = Value::missing(Undefined::name("x", UndefinedPolicy::Strict));
    assert_eq!(format(&v("%s"), &strict), "!!'x' is undefined");
    assert_eq!(
        format(&v("%d"), &Value::UNDEFINED),
        "!!the value is undefined"
    );
    assert_eq!(format(&v("%s"), &Value::UNDEFINED), "''");
}

#[test]
fn paid_before_it_is_allocated() {
    let budget = super::Budget::new(1 << 20, 1 << 20);
    for template in [
        "%2000000000d",
        "%.2000000000f",
        "%.2000000000g",
        "%2000000000s",
    ] {
        let result = operate::remainder(&budget, &v(template), &v(1));
        let kind = result.map_err(|error| error.kind());
        assert_eq!(kind.err(), Some(ErrorKind::MemoryLimit), "{template}");
    }
}
