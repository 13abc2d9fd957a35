//! `kakehi check`.

use std::fs;
use std::path::{Path, PathBuf};

use kakehi::Environment;

use crate::arguments::Check;
use crate::failure::Failure;

/// Reports every error of templates and of all files in folders.
pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let env = arguments.language.environment();
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files)?;
    }
    let mut errors = 0;
    for file in &files {
        errors += check(&env, file)?;
    }
    let checked = format!(
        "{} file{}",
        files.len(),
        if files.len() == 1 { "" } else { "s" }
    );
    if errors == 0 {
        println!("{checked} checked, no errors");
        return Ok(());
    }
    eprintln!(
        "{checked} checked, {errors} error{}",
        if errors == 1 { "" } else { "s" }
    );
    Err(Failure::Reported)
}

/// All files of a path, sorted; hidden ones in a folder are left out, and links to folders are not followed.
pub(crate) fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |cause| Failure::file(path, cause);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut folders = vec![path.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let failed = |cause| Failure::file(&folder, cause);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() || entry.path().is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    files.append(&mut found);
    Ok(())
}

fn check(env: &Environment, file: &Path) -> Result<usize, Failure> {
    let bytes = fs::read(file).map_err(|cause| Failure::file(file, cause))?;
    let name = file.display().to_string();
    let source = match String::from_utf8(bytes) {
        Ok(source) => source,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            eprintln!("error: {name} is not valid UTF-8: the byte at offset {offset} is wrong\n");
            return Ok(1);
        }
    };
    let errors = env.check(&name, &source);
    for error in &errors {
        eprintln!("error: {}\n", format!("{error:#}").trim_end());
    }
    Ok(errors.len())
}
