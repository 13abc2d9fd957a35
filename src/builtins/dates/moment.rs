//! A date, or a date and time, as a value with the attributes and methods that Python's has.

use std::sync::Arc;

use jiff::civil::{self, Weekday};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::builtins::produce::value;
use crate::call::{Arguments, CallContext, Flow};
use crate::error::call::CallFault;
use crate::error::{DateFault, Error};
use crate::value::number::{Number, number_of};
use crate::value::{Object, Value};

/// A point in time, as far as it is known.
#[derive(Clone, Debug)]
pub(super) enum Moment {
    Zoned(ZonedDateTime),
    Local(civil::DateTime),
    Date(civil::Date),
}

impl Moment {
    /// The moment that a value stands for.
    pub(super) fn read(value: &Value) -> Option<Moment> {
        if let Some(moment) = value.downcast_object::<Moment>() {
            return Some(moment.clone());
        }
        if let Some(text) = value.as_str() {
            return Moment::parse(text);
        }
        let seconds = match number_of(value)? {
            _ if value.as_bool().is_some() => return None,
            Number::Int(seconds) => Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?,
            Number::Float(seconds) if seconds.abs() < 1e15 => {
                // A float of today's seconds knows no more than microseconds.
                let micros = (seconds * 1e6).round() as i128;
                Timestamp::from_nanosecond(micros * 1000).ok()?
            }
            _ => return None,
        };
        Some(Moment::Zoned(ZonedDateTime::new(seconds, TimeZone::UTC)))
    }

    /// The moment that an ISO string stands for, in the offset that it has.
    fn parse(text: &str) -> Option<Moment> {
        let pieces = Pieces::parse(text.trim()).ok()?;
        let Some(time) = pieces.time() else {
            return Some(Moment::Date(pieces.date()));
        };
        let local = pieces.date().to_datetime(time);
        let Some(offset) = pieces.to_numeric_offset() else {
            return Some(Moment::Local(local));
        };
        let zone = match offset.seconds() {
            0 => TimeZone::UTC,
            _ => TimeZone::fixed(offset),
        };
        let moment = offset.to_timestamp(local).ok()?;
        Some(Moment::Zoned(ZonedDateTime::new(moment, zone)))
    }

    /// The same moment in another time zone; what has none is taken to be in UTC, and a date stays one.
    pub(super) fn in_zone(&self, zone: TimeZone) -> Result<Moment, Error> {
        Ok(match self {
            Moment::Zoned(moment) => Moment::Zoned(moment.with_time_zone(zone)),
            Moment::Local(local) => {
                let moment = TimeZone::UTC.to_timestamp(*local).map_err(failed)?;
                Moment::Zoned(ZonedDateTime::new(moment, zone))
            }
            Moment::Date(date) => Moment::Date(*date),
        })
    }

    /// Date and time where it is; a date begins at midnight.
    fn local(&self) -> civil::DateTime {
        match self {
            Moment::Zoned(moment) => moment.datetime(),
            Moment::Local(local) => *local,
            Moment::Date(date) => date.to_datetime(civil::Time::midnight()),
        }
    }

    /// Seconds since 1970.
    pub(super) fn timestamp(&self) -> Result<i64, Error> {
        Ok(self.instant()?.as_second())
    }

    fn instant(&self) -> Result<Timestamp, Error> {
        match self {
            Moment::Zoned(moment) => Ok(moment.timestamp()),
            other => TimeZone::UTC.to_timestamp(other.local()).map_err(failed),
        }
    }

    /// As C's and Python's `strftime` format it.
    pub(super) fn strftime(&self, format: &str) -> Result<String, Error> {
        // Python's fraction of a second has six digits; where there is no time zone, nothing is printed for it.
        let mut pythons = String::with_capacity(format.len());
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            let directive = &rest[at..];
            let (written, taken) = match directive.as_bytes().get(1) {
                Some(b'f') => ("%6f", 2),
                Some(b'z' | b'Z') if !matches!(self, Moment::Zoned(_)) => ("", 2),
                Some(b'%') => ("%%", 2),
                _ => ("%", 1),
            };
            pythons.push_str(&rest[..at]);
            pythons.push_str(written);
            rest = &directive[taken..];
        }
        pythons.push_str(rest);
        let time = match self {
            Moment::Zoned(moment) => BrokenDownTime::from(moment),
            other => BrokenDownTime::from(other.local()),
        };
        strtime::format(&pythons, time).map_err(failed)
    }

    /// As Python's `isoformat` writes it.
    pub(super) fn iso(&self, separator: char) -> String {
        let local = self.local();
        let date = format!(
            "{:04}-{:02}-{:02}",
            local.year(),
            local.month(),
            local.day()
        );
        if let Moment::Date(_) = self {
            return date;
        }
        let (hour, minute, second) = (local.hour(), local.minute(), local.second());
        let mut text = format!("{date}{separator}{hour:02}:{minute:02}:{second:02}");
        let micros = local.subsec_nanosecond() / 1000;
        if micros != 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        if let Moment::Zoned(moment) = self {
            let offset = moment.offset().seconds();
            let sign = if offset < 0 { '-' } else { '+' };
            let offset = offset.unsigned_abs();
            text.push_str(&format!(
                "{sign}{:02}:{:02}",
                offset / 3600,
                offset / 60 % 60
            ));
            if offset % 60 != 0 {
                text.push_str(&format!(":{:02}", offset % 60));
            }
        }
        text
    }

    fn weekday(&self) -> Weekday {
        self.local().weekday()
    }
}

#[cold]
fn failed(cause: jiff::Error) -> Error {
    DateFault::Format(cause.to_string()).into()
}

impl Object for Moment {
    fn type_name(&self) -> &str {
        match self {
            Moment::Date(_) => "date",
            Moment::Zoned(_) | Moment::Local(_) => "datetime",
        }
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        let local = self.local();
        let part = match name {
            "year" => i64::from(local.year()),
            "month" => i64::from(local.month()),
            "day" => i64::from(local.day()),
            _ if matches!(**self, Moment::Date(_)) => return None,
            "hour" => i64::from(local.hour()),
            "minute" => i64::from(local.minute()),
            "second" => i64::from(local.second()),
            "microsecond" => i64::from(local.subsec_nanosecond() / 1000),
            _ => return None,
        };
        Some(Value::int(part))
    }

    fn call_method(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let most = usize::from(matches!(name, "strftime" | "isoformat"));
        if arguments.len() > most {
            return Err(CallFault::too_many(name, most, 0, arguments.len()));
        }
        let text = arguments.get(0).and_then(Value::as_str);
        match name {
            "strftime" => {
                let format = text.ok_or_else(|| CallFault::missing(name, "format"))?;
                let text = self.strftime(format)?;
                context.memory(text.len() as u64)?;
                value(text)
            }
            "isoformat" => {
                let separator = text.and_then(|text| text.chars().next());
                value(self.iso(separator.unwrap_or('T')))
            }
            "weekday" => value(Value::int(i64::from(
                self.weekday().to_monday_zero_offset(),
            ))),
            "isoweekday" => value(Value::int(i64::from(self.weekday().to_monday_one_offset()))),
            "date" => value(Value::from_object(Moment::Date(self.local().date()))),
            "timestamp" => value(Value::float(self.instant()?.as_microsecond() as f64 / 1e6)),
            _ => Err(CallFault::no_method(self.type_name(), name)),
        }
    }

    fn render(&self) -> String {
        self.iso(' ')
    }
}
