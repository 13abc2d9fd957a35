//! The filter `urlize`, which turns addresses in text into links.

use std::borrow::Cow;

use arcstr::ArcStr;

use crate::builtins::operand::{self, flag, optional_integer};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::builtins::python::characters::{is_decimal, is_space, is_word};
use crate::builtins::python::split;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::value::Value;

use super::text::escaped;

pub(super) const FILTERS: &[Builtin] = &[Builtin::filter(
    "urlize",
    &[
        "trim_url_limit",
        "nofollow",
        "target",
        "rel",
        "extra_schemes",
    ],
    urlize,
)];

/// How links are written.
struct Links {
    /// The attributes of a link, each with a space before it.
    attributes: String,
    /// How many characters of an address are shown; negative counts from its end. One that is no number matters
    /// where there is an address only.
    limit: Result<Option<i64>, Error>,
    schemes: Vec<ArcStr>,
}

fn urlize(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let text = operand::text(context, bound.value)?;
    context.fuel(text.len() as u64 / 4)?;
    let text = match operand::is_markup(bound.value) {
        true => text,
        false => Cow::Owned(escaped(context, &text)?),
    };
    let links = Links {
        attributes: attributes(context, bound)?,
        limit: optional_integer(bound, 0),
        schemes: schemes(context, bound)?,
    };
    let mut out = PaidText::new(context);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        context.fuel(1)?;
        let word = rest.find(is_space).unwrap_or(rest.len());
        links.write_word(&mut out, &rest[..word])?;
        rest = &rest[word..];
        let space = rest.find(|c| !is_space(c)).unwrap_or(rest.len());
        out.push(&rest[..space])?;
        rest = &rest[space..];
    }
    value(text_like(context.auto_escape(), out.finish()))
}

fn attributes(context: &CallContext<'_>, bound: &Bound<'_>) -> Result<String, Error> {
    // What is false counts as not given.
    let given = |index: usize| match bound.some(index) {
        Some(value) if flag(context, bound, index, false)? => Ok(Some(value)),
        _ => Ok::<_, Error>(None),
    };
    let rel = match given(3)? {
        Some(_) => operand::string(bound, 3)?,
        None => None,
    };
    let policies = context.registry().policies();
    let mut rel: Vec<&str> = split::words(rel.unwrap_or_default(), usize::MAX).collect();
    rel.extend(split::words(&policies.urlize_rel, usize::MAX));
    if flag(context, bound, 1, false)? {
        rel.push("nofollow");
    }
    rel.sort_unstable();
    rel.dedup();
    let mut out = PaidText::new(context);
    if !rel.is_empty() {
        out.push(" rel=\"")?;
        out.push_escaped(&rel.join(" "))?;
        out.push("\"")?;
    }
    let target = match (given(2)?, bound.some(2), &policies.urlize_target) {
        (Some(target), ..) => operand::text(context, target)?,
        (None, None, Some(target)) => Cow::Owned(ArcStr::from(target.as_str())),
        (None, ..) => Cow::Owned(ArcStr::new()),
    };
    if !target.is_empty() {
        out.push(" target=\"")?;
        out.push_escaped(&target)?;
        out.push("\"")?;
    }
    Ok(out.finish())
}

fn schemes(context: &CallContext<'_>, bound: &Bound<'_>) -> Result<Vec<ArcStr>, Error> {
    let given = match bound.some(4) {
        Some(given) => operand::items(context, given)?,
        None => {
            let extra = &context.registry().policies().urlize_extra_schemes;
            extra
                .iter()
                .map(|scheme| Value::from(scheme.as_str()))
                .collect()
        }
    };
    let mut schemes = Vec::new();
    for scheme in given {
        match scheme.as_text() {
            Some(text) if is_scheme(text) => schemes.push(text.clone()),
            _ => {
                let shown = operand::shown(context, &scheme);
                return Err(operand::refuse_range(
                    bound,
                    4,
                    "schemes such as `ftp:`",
                    shown,
                ));
            }
        }
    }
    Ok(schemes)
}

/// A name of two characters or more, a colon, and up to two slashes.
fn is_scheme(text: &str) -> bool {
    let Some((name, slashes)) = text.split_once(':') else {
        return false;
    };
    name.chars().nth(1).is_some()
        && name
            .chars()
            .all(|c| is_word(c) || matches!(c, '.' | '+' | '-'))
        && matches!(slashes, "" | "/" | "//")
}

impl Links {
    fn write_word(&self, out: &mut PaidText<'_, '_>, word: &str) -> Result<(), Error> {
        let (head, middle, tail) = parts(word);
        out.push(head)?;
        self.write_middle(out, middle)?;
        out.push(tail)
    }

    /// Writes an address as a link, and anything else as it is. The text is escaped already.
    fn write_middle(&self, out: &mut PaidText<'_, '_>, text: &str) -> Result<(), Error> {
        let link = |out: &mut PaidText<'_, '_>, before: &str, attributes: &str| {
            out.push("<a href=\"")?;
            out.push(before)?;
            out.push(text)?;
            out.push("\"")?;
            out.push(attributes)?;
            out.push(">")
        };
        if is_web_address(text) {
            let complete = text.starts_with("https://") || text.starts_with("http://");
            link(
                out,
                if complete { "" } else { "https://" },
                &self.attributes,
            )?;
            self.write_shortened(out, text)?;
            return out.push("</a>");
        }
        if let Some(address) = text.strip_prefix("mailto:")
            && is_mail_address(address)
        {
            link(out, "", "")?;
            out.push(address)?;
            return out.push("</a>");
        }
        let may_be_mail =
            !text.starts_with("www.") && !text.starts_with('@') && !text.contains(':');
        if may_be_mail && is_mail_address(text) {
            link(out, "mailto:", "")?;
            out.push(text)?;
            return out.push("</a>");
        }
        let known = |scheme: &ArcStr| text != scheme.as_str() && text.starts_with(scheme.as_str());
        if self.schemes.iter().any(known) {
            link(out, "", &self.attributes)?;
            out.push(text)?;
            return out.push("</a>");
        }
        out.push(text)
    }

    fn write_shortened(&self, out: &mut PaidText<'_, '_>, text: &str) -> Result<(), Error> {
        let length = operand::length(text) as i64;
        match self.limit.clone()? {
            Some(limit) if length > limit => {
                let shown = if limit < 0 {
                    length.saturating_add(limit).max(0)
                } else {
                    limit
                };
                out.push(&text[..split::byte_of(text, shown as usize)])?;
                out.push("...")
            }
            _ => out.push(text),
        }
    }
}

/// A word without the brackets and points around it: what is before, the word, what is behind.
fn parts(word: &str) -> (&str, &str, &str) {
    let mut middle = word;
    while let Some(inner) = ["(", "<", "&lt;"]
        .iter()
        .find_map(|open| middle.strip_prefix(open))
    {
        middle = inner;
    }
    let head = &word[..word.len() - middle.len()];
    let whole = middle;
    while let Some(inner) = [")", ">", ".", ",", "&gt;"]
        .iter()
        .find_map(|close| middle.strip_suffix(close))
    {
        middle = inner;
    }
    let mut end = middle.len();
    // A bracket that closes one of the address belongs to it.
    for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
        let opened = whole[..end].matches(open).count();
        if opened <= whole[..end].matches(close).count() {
            continue;
        }
        for _ in 0..opened {
            match whole[end..].find(close) {
                Some(at) => end += at + close.len(),
                None => break,
            }
        }
    }
    (head, &whole[..end], &whole[end..])
}

fn is_web_address(text: &str) -> bool {
    let scheme = ["https://", "http://"]
        .iter()
        .find_map(|scheme| strip_prefix_ignoring_case(text, scheme));
    let www = || strip_prefix_ignoring_case(text, "www.");
    if let Some(rest) = scheme
        && (is_address_in_brackets(rest) || has_host(rest, is_ipv4))
    {
        return true;
    }
    if let Some(rest) = scheme.or_else(www)
        && has_host(rest, is_any_domain)
    {
        return true;
    }
    has_host(text, is_common_domain)
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start
        .eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

/// Whether a text is a host of this kind, then perhaps a port, then perhaps a path, query or fragment.
fn has_host(text: &str, is_host: impl Fn(&str) -> bool) -> bool {
    let end = text.find([':', '/', '?', '#']).unwrap_or(text.len());
    is_host(&text[..end]) && follows_host(&text[end..])
}

fn follows_host(text: &str) -> bool {
    let mut rest = text;
    if let Some(port) = text.strip_prefix(':') {
        let digits = port.chars().take_while(|&c| is_decimal(c)).take(5).count();
        if digits == 0 {
            return false;
        }
        rest = &port[split::byte_of(port, digits)..];
    }
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.chars().all(|c| is_word(c) || matches!(c, '%' | '-'))
}

/// Labels with a last one that could be a top level domain.
fn is_any_domain(host: &str) -> bool {
    let (labels, top) = match host.rsplit_once('.') {
        Some((labels, top)) => (Some(labels), top),
        None => (None, host),
    };
    let is_top = matches!(top.len(), 2..=63) && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        || strip_prefix_ignoring_case(top, "xn--").is_some_and(|rest| {
            matches!(rest.chars().count(), 2..=59) && rest.chars().all(|c| is_word(c) || c == '%')
        });
    is_top && labels.is_none_or(|labels| labels.split('.').all(is_label))
}

/// Labels with a last one that is known well enough to need no scheme.
fn is_common_domain(host: &str) -> bool {
    const COMMON: [&str; 8] = ["com", "net", "int", "edu", "gov", "org", "info", "mil"];
    let Some((labels, top)) = host.rsplit_once('.') else {
        return false;
    };
    COMMON.iter().any(|common| top.eq_ignore_ascii_case(common))
        && labels
            .split('.')
            .all(|label| is_label(label) && matches!(label.chars().count(), 2..=63))
}

fn is_ipv4(host: &str) -> bool {
    let mut parts = 0;
    for part in host.split('.') {
        parts += 1;
        if !matches!(part.chars().count(), 1..=3) || !part.chars().all(is_decimal) {
            return false;
        }
    }
    parts == 4
}

/// An IPv6 address in square brackets: two groups or more with their colons, of up to four digits each.
fn is_address_in_brackets(text: &str) -> bool {
    let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return false;
    };
    let mut groups = address.split(':');
    let is_group = |group: &str| {
        group.len() <= 4
            && group
                .chars()
                .all(|c| is_decimal(c) || c.is_ascii_hexdigit())
    };
    matches!(address.matches(':').count(), 2..=8) && groups.all(is_group) && follows_host(rest)
}

fn is_mail_address(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else {
        return false;
    };
    let Some((labels, top)) = host.rsplit_once('.') else {
        return false;
    };
    !name.is_empty()
        && labels.starts_with(is_word)
        && labels.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
        && !top.is_empty()
        && top.chars().all(is_word)
}
