//! Names of templates that stand for places below a folder or a prefix.

/// Whether a name leads to a place below, and to the same one on every system: one that is absolute, or has a
/// `..`, a `\`, a `:`, an empty part or a NUL in it, does not.
pub(super) fn leads_below(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0'])
    })
}
