//! What hostile arguments cost: an error of a limit, never an abort or a hang.

use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::value::Value;

use super::Host;

/// Limits that a debug build reaches quickly.
fn small() -> Limits {
    Limits {
        fuel: Some(500_000),
        memory: Some(8 << 20),
        ..Limits::untrusted()
    }
}

#[test]
fn sizes_are_paid_for_before_they_are_allocated() {
    let rows = [
        "'x'|center(4000000000000)",
        "'x'|indent(9999999999999, true)",
        "'x'.ljust(9999999999999)",
        "'x'.rjust(99999999999999999999999999)",
        "'x'.center(9999999999999, '-')",
        "'1'.zfill(9999999999999)",
        "'\\t'.expandtabs(9999999999999)",
        "'{:9999999999}'.format(1)",
        "'{:.999999999}'.format(1.5)",
        "'{:999999999}'.format('x')",
        "'%4000000000d'|format(1)",
        "'%.999999999f'|format(1)",
        "[1]|slice(10000000000)",
        "[1]|batch(10000000000, 'x')",
        "[[1]]|tojson(indent=10000000000)",
        "range(10000000000)|list",
        "range(10000000000)|join('xxxxxxxx')",
        "range(10000000000)|sum",
        "range(10000000000)|map('string')",
        "range(10000000000)|select('odd')",
        "range(10000000000)|sort",
        "range(10000000000)|unique",
        "range(10000000000)|groupby('x')",
        "range(10000000000)|reverse",
        "range(10000000000)|batch(3)",
        "range(10000000000)|min",
        "range(9223372036854775807).index(9223372036854775806)",
        "[].extend(range(10000000000))",
        "lipsum(99999999999)",
        "lipsum(1, false, 99999999998, 99999999999)",
        "'a'|wordwrap(1)|center(99999999999)",
    ];
    for expression in rows {
        let host = Host::limited(small());
        let error = host.evaluate(expression).expect_err(expression);
        assert!(
            error.kind().is_limit() || error.kind() == ErrorKind::Value,
            "{expression}: {error:?}"
        );
    }
}

#[test]
fn replacing_and_joining_much_is_refused() {
    let host = Host::limited(small());
    let long = Value::string("a".repeat(1 << 20));
    let rows = [
        (
            "replace",
            vec![
                long.clone(),
                Value::string("a"),
                Value::string("b".repeat(1000)),
            ],
        ),
        (
            "replace",
            vec![
                long.clone(),
                Value::string(""),
                Value::string("b".repeat(1000)),
            ],
        ),
        ("join", vec![long.clone(), long.clone()]),
        ("list", vec![Value::list(vec![long.clone(); 1 << 23])]),
    ];
    for (filter, arguments) in rows {
        let error = host
            .with_context(|context| {
                context.call_filter(filter, &crate::call::Arguments::positional_only(&arguments))
            })
            .expect_err(filter);
        assert!(error.kind().is_limit(), "{filter}: {error:?}");
    }
}

#[test]
fn long_input_is_no_quadratic_work() {
    let size = 50_000;
    let texts = [
        "<".repeat(size),
        "<!--".repeat(size / 4),
        "<!-".repeat(size / 3),
        "a".repeat(size),
        "-".repeat(size),
        "a-".repeat(size / 2),
        " ".repeat(size),
        "(".repeat(size) + ")",
        "http://".repeat(size / 7),
        "a.".repeat(size / 2),
        "@".repeat(size),
        "&".repeat(size),
        "&a".repeat(size / 2),
        "\n".repeat(size),
        ".,)".repeat(size / 3),
        "{".repeat(size),
        "äß ".repeat(size / 3),
    ];
    let filters = [
        "striptags",
        "urlize",
        "wordwrap",
        "title",
        "truncate",
        "wordcount",
        "indent",
        "escape",
        "tojson",
        "urlencode",
        "pprint",
        "trim",
        "capitalize",
        "unique",
        "sort",
        "reverse",
    ];
    for text in &texts {
        for filter in filters {
            let host = Host::new();
            let arguments = [Value::string(text.as_str())];
            let result = host.with_context(|context| {
                context.call_filter(filter, &crate::call::Arguments::positional_only(&arguments))
            });
            let shown: String = text.chars().take(8).collect();
            assert!(result.is_ok(), "{filter} of {shown}: {result:?}");
        }
    }
}

#[test]
fn deep_and_cyclic_values_end() {
    let mut deep = Value::list(Vec::new());
    for _ in 0..100_000 {
        deep = Value::list(vec![deep]);
    }
    let cyclic = Value::shared_list(Vec::new());
    let host = Host::new();
    host.with_context(|context| {
        let list = cyclic.as_list().expect("it is a list");
        list.append(context, &cyclic, cyclic.clone())
            .expect("it is shared");
    });
    assert_eq!(host.budget.remembered(), 1);
    for value in [&deep, &cyclic] {
        for filter in [
            "tojson", "pprint", "string", "join", "unique", "sort", "escape", "sum",
        ] {
            // Some of them have a result; what counts is that they end.
            let _ = host.with_context(|context| {
                let arguments = [value.clone()];
                context.call_filter(filter, &crate::call::Arguments::positional_only(&arguments))
            });
        }
    }
    let json = host.with_context(|context| {
        context.call_filter(
            "tojson",
            &crate::call::Arguments::positional_only(&[deep.clone()]),
        )
    });
    assert_eq!(json.expect_err("too deep").kind(), ErrorKind::DepthLimit);
    cyclic.as_list().expect("it is a list").clear();
}

#[test]
fn shared_values_are_not_written_without_end() {
    // Each level holds the one below twice: forty levels are a terabyte of text.
    let mut value = Value::int(1);
    for _ in 0..40 {
        value = Value::list(vec![value.clone(), value]);
    }
    for filter in ["tojson", "pprint", "string", "escape"] {
        let host = Host::limited(small());
        let arguments = [value.clone()];
        let error = host
            .with_context(|context| {
                context.call_filter(filter, &crate::call::Arguments::positional_only(&arguments))
            })
            .expect_err(filter);
        assert!(error.kind().is_limit(), "{filter}: {error:?}");
    }
}

#[test]
fn data_of_the_host_does_not_change() {
    for expression in [
        "frozen([1]).append(2)",
        "frozen([1]).extend([2])",
        "frozen([1]).insert(0, 2)",
        "frozen([1]).pop()",
        "frozen([1]).remove(1)",
        "frozen([1]).sort()",
        "frozen([1]).reverse()",
        "frozen([1]).clear()",
    ] {
        let error = Host::new().evaluate(expression).expect_err(expression);
        assert_eq!(error.kind(), ErrorKind::Type, "{expression}: {error}");
    }
}
