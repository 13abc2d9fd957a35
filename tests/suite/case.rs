//! Reading and rewriting case files.
//!
//! A case file shows one behaviour: a comment, then sections that begin with a line `--- name argument`.
//! A section's content is its lines without the last line break.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One case file.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) path: PathBuf,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) context: serde_json::Value,
    /// Templates by name.
    pub(crate) templates: Vec<(String, String)>,
    /// An expression to evaluate in place of the template `main`.
    pub(crate) expression: Option<String>,
    pub(crate) expected: Expected,
    /// The text before the last section, for rewriting.
    head: String,
}

/// What a case expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Output(String),
    /// The kind, and the whole report where it is pinned.
    Error {
        kind: String,
        report: Option<String>,
    },
    /// What a stage of the engine makes of the template `main`: `tokens`, `tree` or `bytecode`.
    Dump {
        stage: String,
        text: String,
    },
}

impl Case {
    /// Reads a case, or says what is wrong with the file.
    pub(crate) fn read(path: &Path) -> Result<Case, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut case = Case {
            path: path.to_owned(),
            options: BTreeMap::new(),
            context: serde_json::Value::Object(serde_json::Map::new()),
            templates: Vec::new(),
            expression: None,
            expected: Expected::Output(String::new()),
            head: String::new(),
        };
        let mut sections: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.strip_suffix('\n').unwrap_or(line);
            match bare.strip_prefix("--- ") {
                Some(title) => {
                    let (name, argument) = title.split_once(' ').unwrap_or((title, ""));
                    sections.push((name, argument.trim(), Vec::new()));
                    case.head = text[..offset].to_owned();
                }
                None => match sections.last_mut() {
                    Some((_, _, lines)) => lines.push(bare),
                    None if bare.starts_with('#') || bare.is_empty() => {}
                    None => return Err(format!("stray line {bare:?}")),
                },
            }
            offset += line.len();
        }
        let mut expected = None;
        for (name, argument, lines) in sections {
            let content = lines.join("\n");
            match name {
                "options" => {
                    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
                        let (key, value) = line.split_once('=').unwrap_or((line, "true"));
                        case.options
                            .insert(key.trim().to_owned(), value.trim().to_owned());
                    }
                }
                "context" => {
                    case.context = serde_json::from_str(&content)
                        .map_err(|error| format!("context: {error}"))?;
                }
                "template" => case.templates.push((argument.to_owned(), content)),
                "expression" => case.expression = Some(content.trim_end().to_owned()),
                "output" => expected = Some(Expected::Output(content)),
                "error" => {
                    let (kind, report) = match content.split_once('\n') {
                        Some((kind, report)) => (kind, report.trim_end()),
                        None => (content.as_str(), ""),
                    };
                    expected = Some(Expected::Error {
                        kind: kind.trim().to_owned(),
                        report: (!report.is_empty()).then(|| report.to_owned()),
                    });
                }
                "tokens" | "tree" | "bytecode" => {
                    expected = Some(Expected::Dump {
                        stage: name.to_owned(),
                        text: content.trim_end().to_owned(),
                    });
                }
                other => return Err(format!("unknown section {other:?}")),
            }
        }
        case.expected = expected.ok_or("no expectation")?;
        Ok(case)
    }

    /// Writes the case anew with what it really gives.
    pub(crate) fn rewrite(&self, actual: &Expected) -> std::io::Result<()> {
        let tail = match actual {
            Expected::Output(output) => format!("--- output\n{output}\n"),
            Expected::Error { kind, report } => match report {
                Some(report) => format!("--- error\n{kind}\n{report}\n"),
                None => format!("--- error\n{kind}\n"),
            },
            Expected::Dump { stage, text } => format!("--- {stage}\n{text}\n"),
        };
        std::fs::write(&self.path, format!("{}{tail}", self.head))
    }

    /// An option's value.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Whether an option is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.option(name) == Some("true")
    }
}

/// All case files below a folder, in order.
pub(crate) fn case_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder of cases exists") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "case")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
