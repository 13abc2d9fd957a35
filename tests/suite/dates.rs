//! Dates and times: what the filters take, and how values of them print.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use kakehi::{Environment, ErrorKind, Value, context};

fn render(source: &str) -> String {
    let zone = TimeZone::get("Europe/Vienna").expect("is known");
    let moment = Timestamp::from_nanosecond(1_687_624_642_000_250_000).expect("in range");
    let context = context! {
        zoned => Value::from(ZonedDateTime::new(moment, zone)),
        local => Value::from(date(2023, 6, 4).at(7, 5, 0, 0)),
        day => Value::from(date(2023, 6, 4)),
    };
    Environment::jinja()
        .render_str(source, context)
        .unwrap_or_else(|error| panic!("{source}: {error:#}"))
}

#[test]
fn dates_print_as_pythons_do() {
    for (source, expected) in [
        ("{{ zoned }}", "2023-06-24 18:37:22.000250+02:00"),
        ("{{ local }} {{ day }}", "2023-06-04 07:05:00 2023-06-04"),
        (
            "{{ zoned.isoformat() }} {{ zoned.year }} {{ zoned.microsecond }} {{ zoned.weekday() }}",
            "2023-06-24T18:37:22.000250+02:00 2023 250 5",
        ),
        (
            "{{ day.isoweekday() }} {{ local.date() }} {{ zoned.timestamp() }}",
            "7 2023-06-04 1687624642.00025",
        ),
        (
            "{{ zoned.strftime('%d.%m.%y %H:%M:%S.%f %z|%%z') }} {{ local.strftime('%a%z') }}",
            "24.06.23 18:37:22.000250 +0200|%z Sun",
        ),
        (
            "{{ day.hour is defined }} {{ now().year > 2000 }}",
            "False True",
        ),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn filters_take_dates_strings_and_timestamps() {
    for (source, expected) in [
        ("{{ 1687624642 | datetimeformat }}", "Jun 24 2023 16:37"),
        (
            "{{ 1687624642 | datetimeformat('short') }}",
            "2023-06-24 16:37",
        ),
        (
            "{{ 1687624642.5 | datetimeformat(format='full', tz='Europe/Vienna') }}",
            "Saturday, June 24 2023 18:37:22",
        ),
        (
            "{{ zoned | datetimeformat('iso') }}",
            "2023-06-24T18:37:22.000250+02:00",
        ),
        (
            "{{ '2023-06-24T16:37:22Z' | datetimeformat('unix') }}",
            "1687624642",
        ),
        (
            "{{ '2023-06-24 16:37:22+02:00' | datetimeformat('%H:%M %z') }}",
            "16:37 +0200",
        ),
        ("{{ '2023-06-04' | dateformat }}", "Jun 4 2023"),
        (
            "{{ '2023-06-04' | dateformat('full') }}",
            "Sunday, June 4 2023",
        ),
        (
            "{{ local | timeformat }} {{ local | timeformat('long') }}",
            "07:05 07:05:00",
        ),
        (
            "{{ day | date }} {{ none | date }} {{ day | date('%j') }}",
            "2023-06-04  155",
        ),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn globals_say_what_is_not_given() {
    let mut env = Environment::new();
    env.add_global("DATETIME_FORMAT", "long");
    env.add_global("TIMEZONE", "Asia/Tokyo");
    let page = env.render_str(
        "<< 0 | datetimeformat >>; << 0 | datetimeformat('%H', tz='original') >>",
        (),
    );
    assert_eq!(page.expect("renders"), "January 1 1970 09:00:00; 00");
}

#[test]
fn what_is_no_date_is_an_error_that_says_so() {
    for (source, kind, text) in [
        (
            "{{ 'soon' | dateformat }}",
            ErrorKind::Value,
            "cannot read 'soon' as a date",
        ),
        (
            "{{ true | dateformat }}",
            ErrorKind::Value,
            "cannot read True as a date",
        ),
        (
            "{{ nobody | dateformat }}",
            ErrorKind::Undefined,
            "'nobody' is undefined",
        ),
        (
            "{{ 0 | dateformat(tz='Mars') }}",
            ErrorKind::Value,
            "`Mars` is no time zone",
        ),
        (
            "{{ 0 | dateformat('%?') }}",
            ErrorKind::Value,
            "directive `?`",
        ),
        ("{{ now().tomorrow() }}", ErrorKind::Undefined, "tomorrow"),
    ] {
        let error = Environment::jinja()
            .render_str(source, ())
            .expect_err(source);
        assert_eq!(error.kind(), kind, "{source}");
        assert!(error.to_string().contains(text), "{source}: {error}");
    }
}
