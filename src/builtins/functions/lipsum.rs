//! The function `lipsum`, which fills a page with words that mean nothing.

use std::hash::{BuildHasher, RandomState};

use crate::builtins::operand::{flag, integer, refuse_range};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::call::{Bound, Builtin, CallContext};

pub(super) const LIPSUM: Builtin =
    Builtin::function("lipsum", &["n", "html", "min", "max"], lipsum);

/// Words with the sound of Latin, in no order.
const WORDS: [&str; 64] = [
    "lorem", "ipsum", "dolor", "sit", "amet", "vento", "luna", "mare", "silva", "terra", "caelum",
    "nox", "via", "porta", "umbra", "ignis", "aqua", "ventus", "folium", "arbor", "flos", "herba",
    "mons", "vallis", "flumen", "lapis", "harena", "stella", "sol", "nubes", "pluvia", "nix",
    "glacies", "ros", "vox", "verbum", "liber", "charta", "stilus", "lumen", "memor", "tempus",
    "hora", "dies", "annus", "saeculum", "et", "in", "cum", "sine", "per", "ad", "ex", "sub",
    "inter", "nec", "sed", "quam", "ubi", "semper", "numquam", "iterum", "leniter", "alte",
];

fn lipsum(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let paragraphs = integer(bound, 0)?.unwrap_or(5).max(0);
    let html = flag(context, bound, 1, true)?;
    let least = integer(bound, 2)?.unwrap_or(20);
    let most = integer(bound, 3)?.unwrap_or(100);
    if least >= most && paragraphs > 0 {
        return Err(refuse_range(bound, 3, "above `min`", most));
    }
    let mut dice = Dice(RandomState::new().hash_one(0_u8) | 1);
    let mut out = PaidText::new(context);
    for index in 0..paragraphs {
        context.fuel(1)?;
        if index > 0 {
            out.push(if html { "\n" } else { "\n\n" })?;
        }
        if html {
            out.push("<p>")?;
        }
        let count = least.saturating_add(dice.below(most.abs_diff(least)) as i64);
        write_paragraph(context, &mut out, &mut dice, count)?;
        if html {
            out.push("</p>")?;
        }
    }
    value(text_like(html, out.finish()))
}

/// Sentences of ten words or more with a comma here and there.
fn write_paragraph(
    context: &CallContext<'_>,
    out: &mut PaidText<'_, '_>,
    dice: &mut Dice,
    count: i64,
) -> Result<(), crate::error::Error> {
    let mut last = usize::MAX;
    let mut begins_sentence = true;
    let mut until_comma = 3 + dice.below(5);
    let mut until_point = 10 + dice.below(10);
    for index in 0..count.max(0) {
        context.fuel(1)?;
        if index > 0 {
            out.push(" ")?;
        }
        let mut word = dice.below(WORDS.len() as u64) as usize;
        if word == last {
            word = (word + 1) % WORDS.len();
        }
        last = word;
        let (first, rest) = WORDS[word].split_at(1);
        match begins_sentence {
            true => out.push(&first.to_ascii_uppercase())?,
            false => out.push(first)?,
        }
        out.push(rest)?;
        begins_sentence = false;
        until_comma -= 1;
        until_point -= 1;
        if index + 1 == count {
            break;
        }
        if until_point == 0 {
            out.push(".")?;
            begins_sentence = true;
            until_point = 10 + dice.below(10);
            until_comma = 3 + dice.below(5);
        } else if until_comma == 0 {
            out.push(",")?;
            until_comma = 3 + dice.below(5);
        }
    }
    out.push(".")
}

/// A small generator of numbers that look random: xorshift.
struct Dice(u64);

impl Dice {
    /// A number below `limit`, or 0.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }
}
