//! Data for templates, from files and from the command line.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Map, Value};

use crate::failure::Failure;

/// A text from a file, or from the standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let text = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let text = text.map_err(|cause| Failure::file(path, cause))?;
    String::from_utf8(text).map_err(|cause| Failure::file(path, cause))
}

/// The context that files and definitions make together; what comes later wins.
pub(crate) fn context(files: &[impl AsRef<Path>], define: &[String]) -> Result<Value, Failure> {
    let mut context = Map::new();
    for path in files {
        let path = path.as_ref();
        match parse(path, &read(path)?)? {
            Value::Object(fields) => context.extend(fields),
            Value::Null => {}
            other => {
                let message = format!(
                    "expected a mapping of names to values, found {}",
                    kind(&other)
                );
                return Err(Failure::file(path, message));
            }
        }
    }
    for definition in define {
        let Some((key, value)) = definition.split_once('=') else {
            let message = format!("expected `-D key=value`, found `-D {definition}`");
            return Err(Failure::Usage(message));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        context.insert(key.to_owned(), value);
    }
    Ok(Value::Object(context))
}

fn parse(path: &Path, text: &str) -> Result<Value, Failure> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.unwrap_or("json") {
        "json" => serde_json::from_str(text).map_err(|cause| Failure::file(path, cause)),
        "yaml" | "yml" => serde_saphyr::from_str(text).map_err(|cause| Failure::file(path, cause)),
        "toml" => toml::from_str(text).map_err(|cause| Failure::file(path, cause)),
        other => Err(Failure::file(
            path,
            format!("data is read from .json, .yaml, .yml and .toml files, found .{other}"),
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
