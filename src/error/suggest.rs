//! The known name that an unknown one was probably meant to be.

/// How many candidates are looked at, so that a page of mistakes stays cheap.
const MOST_CANDIDATES: usize = 2000;
/// Names longer than this are not typing mistakes.
const LONGEST_NAME: usize = 40;

/// The candidate nearest to `name`, if one is near enough to be meant.
///
/// Case aside, at most a third of the characters may differ; swapped neighbours count as one difference.
pub(crate) fn suggest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = fold(name)?;
    let allowed = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        let Some(folded) = fold(candidate) else {
            continue;
        };
        if candidate == name || folded.len().abs_diff(wanted.len()) > allowed {
            continue;
        }
        let distance = distance(&wanted, &folded);
        // A name of which every character differs is another name, however short.
        if distance <= allowed
            && distance < wanted.len().max(folded.len())
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The name's characters in lower case; nothing if there are too many or none.
fn fold(name: &str) -> Option<Vec<char>> {
    if name.is_empty() || name.len() > 4 * LONGEST_NAME {
        return None;
    }
    let folded: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    (folded.len() <= LONGEST_NAME).then_some(folded)
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two names.
fn distance(one: &[char], other: &[char]) -> usize {
    let width = other.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, left) in one.iter().enumerate() {
        let mut next = vec![row + 1; width];
        for (column, right) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(left != right);
            next[column + 1] = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            let swapped =
                row > 0 && column > 0 && *left == other[column - 1] && one[row - 1] == *right;
            if swapped {
                next[column + 1] = next[column + 1].min(before[column - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let names = ["upper", "lower", "join", "first", "e", "urlencode", "in"];
        for (name, expected) in [
            ("uper", Some("upper")),
            ("UPPER", Some("upper")),
            ("lwoer", Some("lower")),
            ("jion", Some("join")),
            ("joins", Some("join")),
            ("url_encode", Some("urlencode")),
            ("xyz", None),
            ("x", None),
            ("", None),
            ("upper", Some("upper").filter(|_| false)),
        ] {
            assert_eq!(suggest(name, names), expected, "{name}");
        }
    }

    #[test]
    fn long_names_cost_nothing() {
        let long = "a".repeat(1_000_000);
        assert_eq!(suggest(&long, ["a"]), None);
        assert_eq!(suggest("a", [long.as_str()]), None);
    }
}
