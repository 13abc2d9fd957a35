//! Dates and times: filters that format them, and the functions `now` and `strftime_now`.

mod moment;

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime, civil};

use crate::builtins::dates::moment::Moment;
use crate::builtins::operand::{shown, string};
use crate::builtins::produce::{Answer, value};
use crate::call::{Bound, Builtin, CallContext, Registry};
use crate::error::{DateFault, Error};
use crate::value::Value;

const FILTERS: &[Builtin] = &[
    Builtin::filter("datetimeformat", &["format", "tz"], |context, bound| {
        format(context, bound, &DATETIME)
    }),
    Builtin::filter("dateformat", &["format", "tz"], |context, bound| {
        format(context, bound, &DATE)
    }),
    Builtin::filter("timeformat", &["format", "tz"], |context, bound| {
        format(context, bound, &TIME)
    }),
    Builtin::filter("date", &["format", "tz"], |context, bound| {
        if bound.value.is_none() {
            return value("");
        }
        format(context, bound, &ISO_DATE)
    }),
];

const FUNCTIONS: &[Builtin] = &[
    Builtin::function("now", &["tz"], now),
    Builtin::function("strftime_now", &["format"], strftime_now).required(1),
];

/// Registers filters and functions.
pub(super) fn register(registry: &mut Registry) {
    for filter in FILTERS {
        registry.set_filter(filter.name, Arc::new(filter));
    }
    for function in FUNCTIONS {
        registry.set_function(function.name, Arc::new(function));
    }
}

/// The formats that have names, and the globals that say what is used where none is given.
struct Formats {
    /// The global with the name of a format, or a format.
    global: &'static str,
    default: &'static str,
    named: [(&'static str, &'static str); 4],
}

const DATETIME: Formats = Formats {
    global: "DATETIME_FORMAT",
    default: "medium",
    named: [
        ("short", "%Y-%m-%d %H:%M"),
        ("medium", "%b %-d %Y %H:%M"),
        ("long", "%B %-d %Y %H:%M:%S"),
        ("full", "%A, %B %-d %Y %H:%M:%S"),
    ],
};

const DATE: Formats = Formats {
    global: "DATE_FORMAT",
    default: "medium",
    named: [
        ("short", "%Y-%m-%d"),
        ("medium", "%b %-d %Y"),
        ("long", "%B %-d %Y"),
        ("full", "%A, %B %-d %Y"),
    ],
};

const TIME: Formats = Formats {
    global: "TIME_FORMAT",
    default: "medium",
    named: [
        ("short", "%H:%M"),
        ("medium", "%H:%M"),
        ("long", "%H:%M:%S"),
        ("full", "%H:%M:%S%.f"),
    ],
};

const ISO_DATE: Formats = Formats {
    default: "%Y-%m-%d",
    ..DATE
};

fn format(context: &CallContext<'_>, bound: &Bound<'_>, formats: &Formats) -> Answer {
    let mut moment = read(context, bound)?;
    let global = |name: &str| context.registry().global(name).and_then(Value::as_str);
    let zone = bound.some(1).map_or(Ok(None), |_| string(bound, 1))?;
    if let Some(zone) = zone
        .or(global("TIMEZONE"))
        .filter(|name| *name != "original")
    {
        moment = moment.in_zone(time_zone(zone)?)?;
    }
    let given = bound.some(0).map_or(Ok(None), |_| string(bound, 0))?;
    let format = given.or(global(formats.global)).unwrap_or(formats.default);
    let text = match format {
        "iso" => moment.iso('T'),
        "unix" => moment.timestamp()?.to_string(),
        format => {
            let known = formats.named.iter().find(|(name, _)| *name == format);
            moment.strftime(known.map_or(format, |(_, format)| format))?
        }
    };
    context.memory(text.len() as u64)?;
    value(text)
}

/// The value as a moment: a date, an ISO string, or seconds since 1970.
fn read(context: &CallContext<'_>, bound: &Bound<'_>) -> Result<Moment, Error> {
    if let Some(undefined) = bound.value.as_undefined() {
        return Err(undefined.error());
    }
    Moment::read(bound.value).ok_or_else(|| {
        let found = shown(context, bound.value);
        let name = bound.name();
        DateFault::NoDate { name, found }.into()
    })
}

fn time_zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| DateFault::NoTimeZone(name.to_owned()).into())
}

/// The moment of the call, in UTC unless a time zone is named.
fn now(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let zone = match bound.some(0) {
        Some(_) => time_zone(string(bound, 0)?.unwrap_or("UTC"))?,
        None => TimeZone::UTC,
    };
    let now = ZonedDateTime::new(Timestamp::now(), zone);
    value(Value::from_object(Moment::Zoned(now)))
}

/// The moment of the call where the program runs, formatted: what chat templates call.
fn strftime_now(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let format = string(bound, 0)?.unwrap_or_default();
    value(Moment::Zoned(ZonedDateTime::now()).strftime(format)?)
}

/// A date and time in its time zone; prints as Python's `datetime`.
impl From<ZonedDateTime> for Value {
    fn from(moment: ZonedDateTime) -> Value {
        Value::from_object(Moment::Zoned(moment))
    }
}

/// A moment, as a date and time in UTC.
impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Value {
        Value::from(ZonedDateTime::new(moment, TimeZone::UTC))
    }
}

/// A date and time without a time zone; prints as Python's `datetime`.
impl From<civil::DateTime> for Value {
    fn from(moment: civil::DateTime) -> Value {
        Value::from_object(Moment::Local(moment))
    }
}

/// A date; prints as Python's `date`.
impl From<civil::Date> for Value {
    fn from(date: civil::Date) -> Value {
        Value::from_object(Moment::Date(date))
    }
}
