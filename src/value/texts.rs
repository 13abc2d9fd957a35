//! Texts that come again and again, as the keys of JSON's objects, the values of an enum or tags do: they are one.

use arcstr::ArcStr;

/// Longer texts hardly ever come again.
const LONGEST: usize = 32;

/// How many texts are remembered. Each has one place; another one that belongs there takes it over.
const PLACES: usize = 64;

/// How many texts may be new before looking is given up; one that is known makes up for `WORTH` new ones.
const CREDIT: u32 = 64;
const WORTH: u32 = 2;

/// The short texts that were met of late.
#[derive(Debug)]
pub(super) struct Texts {
    places: Vec<ArcStr>,
    credit: u32,
    met: u32,
}

impl Default for Texts {
    #[inline]
    fn default() -> Self {
        Texts {
            places: Vec::new(),
            credit: CREDIT,
            met: 0,
        }
    }
}

impl Texts {
    /// The text as one that is shared.
    pub(super) fn share(&mut self, text: &str) -> ArcStr {
        /// A few texts are not worth a table.
        const FEW: u32 = 16;
        if self.credit == 0 || text.len() > LONGEST {
            return text.into();
        }
        if self.met < FEW {
            self.met += 1;
            return text.into();
        }
        if self.places.is_empty() {
            self.places.resize(PLACES, ArcStr::new());
        }
        let place = &mut self.places[place_of(text)];
        if *place == text {
            self.credit = self.credit.saturating_add(WORTH);
        } else {
            self.credit -= 1;
            *place = text.into();
        }
        place.clone()
    }

    /// Looks again, in the next conversion.
    pub(super) fn look_again(&mut self) {
        self.credit = CREDIT;
    }
}

/// Where a text belongs, by its length and its ends.
#[inline]
fn place_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => (
                u32::from_le_bytes(*first).into(),
                u32::from_le_bytes(*last).into(),
            ),
            _ => match bytes {
                [first, .., last] => (u64::from(*first), u64::from(*last)),
                [only] => (u64::from(*only), 0),
                [] => (0, 0),
            },
        },
    };
    let mixed = (first ^ last.rotate_left(29)).wrapping_add(bytes.len() as u64);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::{CREDIT, Texts};

    #[test]
    fn texts_that_come_again_are_one() {
        let mut texts = Texts::default();
        for round in 0..100 {
            let shared = texts.share("oak");
            let again = texts.share("oak");
            assert_eq!((&*shared, &*again), ("oak", "oak"));
            let is_one = arcstr::ArcStr::ptr_eq(&shared, &again);
            assert!(is_one || round < 9, "round {round}");
        }
    }

    #[test]
    fn looking_is_given_up_where_nothing_comes_again() {
        let mut texts = Texts::default();
        for n in 0..1000 {
            let text = format!("text {n}");
            assert_eq!(texts.share(&text), text);
        }
        assert_eq!(texts.credit, 0);
        texts.look_again();
        assert_eq!(texts.credit, CREDIT);
    }

    #[test]
    fn texts_of_any_length_are_given_back_as_they_are() {
        let mut texts = Texts::default();
        for _ in 0..3 {
            for length in 0..50 {
                let text = "é".repeat(length) + &"x".repeat(length % 3);
                assert_eq!(texts.share(&text), text);
            }
        }
    }
}
