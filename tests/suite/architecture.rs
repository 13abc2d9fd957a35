//! The rules of ARCHITECTURE.md that a machine can check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of each row, from the lowest; a file may import from its own row and those below.
const ROWS: [&[&str]; 7] = [
    &["source", "error", "limits"],
    &["value", "call"],
    &["syntax", "bytecode", "builtins"],
    &["compiler"],
    &["vm"],
    &["environment", "render"],
    &["template", "expression", "lib", "cli", "main", "tokio"],
];

/// Imports that the rows would allow and the rules do not: a module and what it must not name.
const FORBIDDEN: [(&str, &[&str]); 5] = [
    ("syntax", &["value", "call", "bytecode", "builtins"]),
    ("bytecode", &["syntax", "builtins"]),
    ("builtins", &["syntax", "bytecode"]),
    ("vm", &["syntax", "compiler", "builtins"]),
    ("compiler", &["builtins"]),
];

/// Names that only one place may use.
const ONLY_IN: [(&str, &[&str]); 4] = [
    ("lalrpop_util", &["syntax/parser.rs"]),
    ("logos", &["syntax/lexer/code.rs"]),
    // The last two adapt what futures of the host give, and poll nothing.
    (
        ".await",
        &[
            "render/",
            "environment/",
            "call/typed.rs",
            "value/pending.rs",
        ],
    ),
    ("tokio::", &["render/", "cli/", "environment/"]),
];

/// The most lines a source file may have.
const MOST_LINES: usize = 800;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file by its path below `src`, but for unit tests in files of their own.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.components().any(|part| part.as_os_str() == "tests")
                && path.file_stem().is_some_and(|stem| stem != "tests")
            {
                let name = path.strip_prefix(source()).expect("below src");
                let name = name.to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    files
}

/// The lines of code: without comments, and without the unit tests at the end.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// Whether a line has `name` as a whole word.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let after = line[at + name.len()..].chars().next();
        name.ends_with(':') || !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn module(file: &str) -> &str {
    let first = file.split('/').next().expect("a path");
    first.strip_suffix(".rs").unwrap_or(first)
}

#[test]
fn imports_go_down_the_rows_only() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        let module = module(&file);
        let own = row(module).unwrap_or_else(|| panic!("{file} is in no row of the architecture"));
        let forbidden = FORBIDDEN
            .iter()
            .find(|(name, _)| *name == module)
            .map_or(&[][..], |(_, names)| names);
        for line in code(&text) {
            for used in line.split("crate::").skip(1) {
                let used: String = used
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let above = row(&used).is_some_and(|used| used > own);
                if above || forbidden.contains(&used.as_str()) {
                    wrong.push(format!("{file} imports {used}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        for (name, places) in ONLY_IN {
            if places.iter().any(|place| file.starts_with(place)) {
                continue;
            }
            if code(&text).any(|line| names(line, name)) {
                wrong.push(format!("{file} names {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_say_why_they_exist_and_stay_short() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        if !text.starts_with("//! ") {
            wrong.push(format!("{file} does not begin with what it is for"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{file} has {lines} lines"));
        }
        for word in ["todo!(", "unimplemented!(", "TODO", "FIXME"] {
            if text.contains(word) {
                wrong.push(format!("{file} contains {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn features_add_whole_files() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        for line in code(&text) {
            // At the left margin it stands before an item of a module's door.
            if line.contains("cfg(feature") && line.starts_with(char::is_whitespace) {
                wrong.push(format!("{file}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
