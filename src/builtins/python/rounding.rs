//! Rounding numbers to decimal digits as Python does: exactly, and halves to the even digit.

/// `round(number, digits)` of a float.
pub(crate) fn round_float(number: f64, digits: i64) -> f64 {
    // Beyond these, every float is itself, or nothing.
    const MOST: i64 = 323;
    const LEAST: i64 = -308;
    if !number.is_finite() || digits > MOST {
        return number;
    }
    if digits < LEAST {
        return 0.0 * number;
    }
    if digits >= 0 {
        // The standard library prints exactly and rounds exact halves to even.
        let printed = format!("{number:.*}", digits as usize);
        return printed.parse().unwrap_or(number);
    }
    let rounded = round_digits(
        &format!("{:.0}", number.abs().trunc()),
        -digits as usize,
        number.fract() != 0.0,
    );
    let magnitude: f64 = rounded.parse().unwrap_or(f64::INFINITY);
    magnitude.copysign(number)
}

/// `round(number, digits)` of an integer; none where the result is too large.
pub(crate) fn round_integer(number: i128, digits: i64) -> Option<i128> {
    if digits >= 0 {
        return Some(number);
    }
    let places = usize::try_from(digits.unsigned_abs()).unwrap_or(usize::MAX);
    let rounded = round_digits(&number.unsigned_abs().to_string(), places, false);
    let magnitude: u128 = rounded.parse().ok()?;
    match number < 0 {
        true => 0_i128.checked_sub_unsigned(magnitude),
        false => i128::try_from(magnitude).ok(),
    }
}

/// Rounds a decimal integer to a multiple of ten to the power of `places`; `more` is whether a fraction follows it.
fn round_digits(digits: &str, places: usize, more: bool) -> String {
    let Some(kept) = digits.len().checked_sub(places) else {
        return "0".to_owned();
    };
    let (head, tail) = digits.split_at(kept);
    let first = tail.as_bytes().first().copied().unwrap_or(b'0');
    let exact_half = first == b'5' && !more && tail[1..].bytes().all(|digit| digit == b'0');
    let odd = head.bytes().last().is_some_and(|digit| digit % 2 == 1);
    let up = if exact_half { odd } else { first >= b'5' };
    let mut head = head.as_bytes().to_vec();
    if up {
        let nines = head
            .iter()
            .rev()
            .take_while(|&&digit| digit == b'9')
            .count();
        let at = head.len() - nines;
        head[at..].fill(b'0');
        match at.checked_sub(1) {
            Some(last) => head[last] += 1,
            None => head.insert(0, b'1'),
        }
    }
    head.resize(head.len() + places, b'0');
    String::from_utf8(head).expect("only digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_round_as_in_python() {
        let rows = [
            (42.5, 0, 42.0),
            (43.5, 0, 44.0),
            (-2.5, 0, -2.0),
            (2.675, 2, 2.67),
            (0.5, 0, 0.0),
            (0.25, 1, 0.2),
            (1250.0, -2, 1200.0),
            (1350.0, -2, 1400.0),
            (1250.5, -2, 1300.0),
            (5.0, -1, 0.0),
            (15.0, -1, 20.0),
            (999.5, -3, 1000.0),
            (1e22, -22, 1e22),
            (1.5, 400, 1.5),
            (1.5, -400, 0.0),
            (1e300, 5, 1e300),
            (123.456, -5, 0.0),
        ];
        for (number, digits, expected) in rows {
            assert_eq!(
                round_float(number, digits),
                expected,
                "round({number}, {digits})"
            );
        }
    }

    #[test]
    fn integers_round_as_in_python() {
        let rows = [
            (1234, -2, Some(1200)),
            (1250, -2, Some(1200)),
            (1350, -2, Some(1400)),
            (-1350, -2, Some(-1400)),
            (5, -1, Some(0)),
            (99, -1, Some(100)),
            (99, -2, Some(100)),
            (49, -2, Some(0)),
            (42, 7, Some(42)),
            (42, i64::MIN, Some(0)),
            (i128::MAX, -1, None),
            (i128::MAX, -2, Some(i128::MAX - 27)),
        ];
        for (number, digits, expected) in rows {
            assert_eq!(
                round_integer(number, digits),
                expected,
                "round({number}, {digits})"
            );
        }
    }
}
