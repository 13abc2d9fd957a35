//! `kakehi extract`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use kakehi::Message;
use polib::catalog::Catalog;
use polib::message::Message as Entry;
use polib::metadata::CatalogMetadata;
use polib::po_file;

use crate::arguments::Extract;
use crate::check::collect;
use crate::failure::Failure;

/// Writes the messages of templates, each once, with all the places where it stands.
pub(crate) fn run(arguments: &Extract) -> Result<(), Failure> {
    let mut env = arguments.language.environment();
    env.set_trimmed_translations(arguments.trimmed);
    let tags: Vec<&str> = arguments.comments.iter().map(String::as_str).collect();
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files)?;
    }
    let mut catalog = Catalog::new(metadata(arguments));
    for file in &files {
        let source = fs::read_to_string(file).map_err(|cause| Failure::file(file, cause))?;
        let name = file.display().to_string();
        for message in env.extract_messages(&name, &source, &tags)? {
            add(&mut catalog, &name, &message);
        }
    }
    let output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path).map_err(|cause| Failure::file(path, cause))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut output = BufWriter::new(output);
    po_file::write(&catalog, &mut output).map_err(Failure::output)
}

fn metadata(arguments: &Extract) -> CatalogMetadata {
    let mut metadata = CatalogMetadata::new();
    metadata.project_id_version = arguments.project.clone();
    metadata.mime_version = "1.0".to_owned();
    metadata.content_type = "text/plain; charset=UTF-8".to_owned();
    metadata.content_transfer_encoding = "8bit".to_owned();
    // Those of the templates' own language, which has the two forms that a message comes with.
    metadata.plural_rules.nplurals = 2;
    metadata.plural_rules.expr = "(n != 1)".to_owned();
    metadata
}

/// Adds a message, or one more place and comment to a message that is known.
fn add(catalog: &mut Catalog, file: &str, message: &Message) {
    let plural = message.plural.as_deref();
    let known = catalog.find_message(message.context.as_deref(), &message.singular, plural);
    let (mut places, mut comments) = match known {
        Some(known) => (
            known.source().to_owned(),
            known.extracted_comments().to_owned(),
        ),
        None => Default::default(),
    };
    append(&mut places, &format!("{file}:{}", message.location.line));
    for comment in &message.comments {
        append(&mut comments, comment);
    }
    let mut entry = match plural {
        Some(_) => Entry::build_plural(),
        None => Entry::build_singular(),
    };
    if let Some(context) = &message.context {
        entry.with_msgctxt(context.clone());
    }
    entry.with_msgid(message.singular.clone());
    if let Some(plural) = plural {
        entry.with_msgid_plural(plural.to_owned());
        entry.with_msgstr_plural(vec![String::new(); 2]);
    }
    entry.with_source(places);
    entry.with_extracted_comments(comments);
    if [Some(message.singular.as_str()), plural]
        .into_iter()
        .flatten()
        .any(|text| text.contains("%("))
    {
        let mut flags = polib::message::MessageFlags::new();
        flags.add_flag("python-format");
        entry.with_flags(flags);
    }
    catalog.append_or_update(entry.done());
}

/// Adds a line that is not there yet.
fn append(lines: &mut String, line: &str) {
    if lines.lines().any(|known| known == line) {
        return;
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines.push_str(line);
}
