//! Python's format specifications, as in `"{:>8.2f}"`, for text, integers and floats.

/// What stands behind the colon of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    no_negative_zero: bool,
    alternate: bool,
    grouping: Option<char>,
    /// The least number of characters.
    pub(crate) width: usize,
    /// Digits behind the point, significant digits, or the most characters.
    pub(crate) precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    /// Reads a specification; none where it is no valid one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let is_align = |c: char| matches!(c, '<' | '>' | '=' | '^');
        let mut fill = ' ';
        let mut align = None;
        let mut first = rest.chars();
        match (first.next(), first.next()) {
            (Some(character), Some(second)) if is_align(second) => {
                fill = character;
                align = Some(second);
                rest = first.as_str();
            }
            (Some(character), _) if is_align(character) => {
                align = Some(character);
                rest = &rest[1..];
            }
            _ => {}
        }
        let explicit_fill = align.is_some() && text.chars().nth(1).is_some_and(is_align);
        let sign = take(&mut rest, &['+', '-', ' ']);
        let no_negative_zero = take(&mut rest, &['z']).is_some();
        let alternate = take(&mut rest, &['#']).is_some();
        if !explicit_fill && take(&mut rest, &['0']).is_some() {
            fill = '0';
            // Of numbers only; text stays at the left.
            align = align.or(Some('0'));
        }
        let width = take_number(&mut rest)?.unwrap_or(0);
        let grouping = take(&mut rest, &[',', '_']);
        let precision = match take(&mut rest, &['.']) {
            Some(_) => Some(take_number(&mut rest)??),
            None => None,
        };
        let mut left = rest.chars();
        let kind = left.next();
        left.next().is_none().then_some(Spec {
            fill,
            align,
            sign,
            no_negative_zero,
            alternate,
            grouping,
            width,
            precision,
            kind,
        })
    }

    /// The most bytes that formatting adds, for the budget.
    pub(crate) fn cost(&self) -> u64 {
        (self.width as u64)
            .saturating_add(self.precision.unwrap_or(0) as u64)
            .saturating_mul(4)
            .saturating_add(512)
    }

    /// Formats text; none where the specification is one for numbers.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        let for_numbers = self.sign.is_some()
            || self.no_negative_zero
            || self.alternate
            || self.grouping.is_some()
            || self.align == Some('=')
            || !matches!(self.kind, None | Some('s'));
        if for_numbers {
            return None;
        }
        let cut: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        Some(self.pad("", &cut, '<'))
    }

    /// Formats an integer; none where the specification does not fit one.
    pub(crate) fn integer(&self, number: i128) -> Option<String> {
        let (radix, prefix) = match self.kind {
            None | Some('d' | 'n') => (10, ""),
            Some('b') => (2, "0b"),
            Some('o') => (8, "0o"),
            Some('x') => (16, "0x"),
            Some('X') => (16, "0X"),
            Some('c') => return self.character(number),
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => return self.float(number as f64),
            Some(_) => return None,
        };
        let comma_fits = matches!(self.kind, None | Some('d'));
        if self.precision.is_some()
            || self.no_negative_zero
            || self.grouping == Some(',') && !comma_fits
            || self.grouping.is_some() && self.kind == Some('n')
        {
            return None;
        }
        let magnitude = number.unsigned_abs();
        let digits = match (radix, self.kind) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, Some('X')) => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let mut lead = self.sign_of(number < 0).to_owned();
        if self.alternate {
            lead.push_str(prefix);
        }
        let group = if radix == 10 { 3 } else { 4 };
        Some(self.number(&lead, &digits, "", group))
    }

    fn character(&self, number: i128) -> Option<String> {
        let for_numbers = self.sign.is_some()
            || self.no_negative_zero
            || self.alternate
            || self.grouping.is_some();
        if for_numbers || self.precision.is_some() {
            return None;
        }
        let character = u32::try_from(number).ok().and_then(char::from_u32)?;
        Some(self.pad("", character.encode_utf8(&mut [0; 4]), '>'))
    }

    /// Formats a float; none where the specification does not fit one.
    pub(crate) fn float(&self, number: f64) -> Option<String> {
        // Without a kind a float is written as `repr` does, for which there is no letter.
        let kind = self.kind.unwrap_or('r');
        if self.kind == Some('r')
            || !matches!(kind, 'r' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')
            || kind == 'n' && self.grouping.is_some()
        {
            return None;
        }
        let magnitude = number.abs();
        let percent = if kind == '%' { "%" } else { "" };
        let digits = match magnitude {
            _ if magnitude.is_nan() => "nan".to_owned(),
            f64::INFINITY => "inf".to_owned(),
            _ => match kind {
                'e' | 'E' => exponential(magnitude, self.precision.unwrap_or(6), self.alternate),
                'f' | 'F' => fixed(magnitude, self.precision.unwrap_or(6), self.alternate),
                '%' => fixed(
                    magnitude * 100.0,
                    self.precision.unwrap_or(6),
                    self.alternate,
                ),
                'r' if self.precision.is_none() => shortest(magnitude, self.alternate),
                'r' => general(magnitude, self.precision.unwrap_or(6), self.alternate, true),
                _ => general(
                    magnitude,
                    self.precision.unwrap_or(6),
                    self.alternate,
                    false,
                ),
            },
        };
        let digits = match kind {
            'E' | 'F' | 'G' => digits.to_uppercase(),
            _ => digits,
        };
        let is_zero = digits
            .bytes()
            .take_while(|&b| b != b'e' && b != b'E')
            .all(|b| matches!(b, b'0' | b'.'));
        let negative =
            number.is_sign_negative() && !number.is_nan() && !(self.no_negative_zero && is_zero);
        let whole = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let tail = format!("{}{percent}", &digits[whole..]);
        Some(self.number(self.sign_of(negative), &digits[..whole], &tail, 3))
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }

    /// Puts a number together: sign and prefix, digits in groups, what follows, and padding.
    fn number(&self, lead: &str, digits: &str, tail: &str, group: usize) -> String {
        // Zeros that fill a number are digits of it, and are grouped.
        let zeros_are_digits =
            self.fill == '0' && matches!(self.align, Some('0' | '=')) && !digits.is_empty();
        let Some(separator) = self.grouping.filter(|_| !digits.is_empty()) else {
            return self.pad(lead, &format!("{digits}{tail}"), '>');
        };
        let least = match zeros_are_digits {
            true => self.width.saturating_sub(lead.len() + tail.len()),
            false => 0,
        };
        let body = grouped(digits, separator, group, least);
        self.pad(lead, &format!("{body}{tail}"), '>')
    }

    fn pad(&self, lead: &str, body: &str, default: char) -> String {
        let length = lead.len() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let align = match self.align {
            // The zero in front of the width asks for padding behind the sign of a number.
            Some('0') if default == '>' => '=',
            None | Some('0') => default,
            Some(align) => align,
        };
        let (before, between, after) = match align {
            '<' => (0, 0, missing),
            '^' => (missing / 2, 0, missing - missing / 2),
            '=' => (0, missing, 0),
            _ => (missing, 0, 0),
        };
        let mut out =
            String::with_capacity(lead.len() + body.len() + missing * self.fill.len_utf8());
        let fill = |out: &mut String, count| out.extend(std::iter::repeat_n(self.fill, count));
        fill(&mut out, before);
        out.push_str(lead);
        fill(&mut out, between);
        out.push_str(body);
        fill(&mut out, after);
        out
    }
}

fn take(rest: &mut &str, wanted: &[char]) -> Option<char> {
    let first = rest.chars().next().filter(|c| wanted.contains(c))?;
    *rest = &rest[first.len_utf8()..];
    Some(first)
}

/// A number if there is one; the outer option is none where it is too large.
fn take_number(rest: &mut &str) -> Option<Option<usize>> {
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    if end == 0 {
        return Some(None);
    }
    let number = rest[..end].parse::<u32>().ok()?;
    *rest = &rest[end..];
    Some(Some(number as usize))
}

/// Digits with a separator between groups, filled with zeros up to a length.
fn grouped(digits: &str, separator: char, group: usize, least: usize) -> String {
    let mut reversed = String::new();
    let mut source = digits.chars().rev();
    let mut count = 0;
    loop {
        let digit = match source.next() {
            Some(digit) => digit,
            None if reversed.len() < least => '0',
            None => break,
        };
        if count > 0 && count % group == 0 {
            reversed.push(separator);
        }
        reversed.push(digit);
        count += 1;
    }
    reversed.chars().rev().collect()
}

/// No float has more digits than this behind the point; the rest are zeros.
const MOST_DIGITS: usize = 1100;

/// `%f`: digits behind the point, correctly rounded.
pub(crate) fn fixed(number: f64, precision: usize, point: bool) -> String {
    let digits = precision.min(MOST_DIGITS);
    let mut out = format!("{number:.digits$}");
    out.extend(std::iter::repeat_n('0', precision - digits));
    if precision == 0 && point {
        out.push('.');
    }
    out
}

/// `%e`: one digit, the point, further digits, and an exponent of two digits or more.
pub(crate) fn exponential(number: f64, precision: usize, point: bool) -> String {
    let (mantissa, exponent) = scientific(number, precision);
    let point = if precision == 0 && point { "." } else { "" };
    format!("{mantissa}{point}{}", exponent_text(exponent))
}

fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", exponent.abs())
}

/// The digits of a number with one before the point, and its exponent.
fn scientific(number: f64, precision: usize) -> (String, i32) {
    let digits = precision.min(MOST_DIGITS);
    let text = format!("{number:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut mantissa = mantissa.to_owned();
    mantissa.extend(std::iter::repeat_n('0', precision - digits));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// `%g`: significant digits, with an exponent where the number is very large or small.
///
/// `like_repr` keeps a digit behind the point and turns to exponents one digit earlier.
pub(crate) fn general(number: f64, precision: usize, alternate: bool, like_repr: bool) -> String {
    let precision = precision.max(1);
    let (mantissa, exponent) = scientific(number, precision - 1);
    let limit = precision as i64 - i64::from(like_repr);
    let strip = |text: String| match alternate || !text.contains('.') {
        true => text,
        false => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    if exponent < -4 || i64::from(exponent) >= limit {
        let mantissa = strip(mantissa);
        let point = if alternate && !mantissa.contains('.') {
            "."
        } else {
            ""
        };
        return format!("{mantissa}{point}{}", exponent_text(exponent));
    }
    let places = (precision as i64 - 1 - i64::from(exponent)).max(0) as usize;
    let mut text = strip(fixed(number, places, alternate));
    if like_repr && !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// The shortest digits that read back as the same number, as `repr` writes them.
fn shortest(number: f64, alternate: bool) -> String {
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let fixed = format!("{number}");
        return match fixed.contains('.') {
            true => fixed,
            false => fixed + ".0",
        };
    }
    let point = if alternate && !mantissa.contains('.') {
        "."
    } else {
        ""
    };
    format!("{mantissa}{point}{}", exponent_text(exponent))
}
