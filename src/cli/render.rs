//! `kakehi render`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use kakehi::{ParkThread, RenderOptions, Template};

use crate::arguments::Render;
use crate::data;
use crate::failure::Failure;

/// Renders a template to a file or the standard output.
pub(crate) fn run(arguments: &Render) -> Result<(), Failure> {
    let context = data::context(&arguments.data, &arguments.define)?;
    let template = template(arguments)?;
    if arguments.stream {
        let mut output = open(arguments.output.as_deref())?;
        template.render_to(context, &mut output)?;
        return Ok(());
    }
    // Rendered to its end first, so that a template that fails leaves an older file as it was.
    let text = template.render(context)?;
    let mut output = open(arguments.output.as_deref())?;
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    written.map_err(Failure::output)
}

fn template(arguments: &Render) -> Result<Template, Failure> {
    let source = data::read(&arguments.template)?;
    let name = arguments
        .template
        .file_name()
        .map_or("<stdin>".into(), |name| name.to_string_lossy());
    let name = if name == "-" { "<stdin>".into() } else { name };
    let template = arguments
        .environment()
        .template_from_named_str(&name, &source)?;
    Ok(template.with_options(RenderOptions::new().block_on(ParkThread)))
}

fn open(path: Option<&Path>) -> Result<Box<dyn Write>, Failure> {
    Ok(match path {
        Some(path) => Box::new(File::create(path).map_err(|cause| Failure::file(path, cause))?),
        None => Box::new(io::stdout().lock()),
    })
}
