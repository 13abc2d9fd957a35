//! What the command line looks like.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use kakehi::{Environment, FileLoader, UndefinedPolicy};

/// Jinja-like templates that can wait.
#[derive(Debug, Parser)]
#[command(name = "kakehi", version, about)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Renders a template
    Render(Render),
    /// Reports every error of templates
    Check(Check),
    /// Shows what the engine makes of a template
    Dump(Dump),
    /// Collects the messages of templates in a file for translators
    Extract(Extract),
}

/// Arguments of `kakehi render`.
#[derive(Args, Debug)]
pub(crate) struct Render {
    /// The template's file; `-` reads it from the standard input
    pub(crate) template: PathBuf,
    /// Data as JSON, YAML or TOML, by the file's extension; `-` reads JSON from the standard input. Later
    /// files win over earlier ones
    #[arg(short, long, value_name = "FILE")]
    pub(crate) data: Vec<PathBuf>,
    /// One name and its value: JSON, or text if it is no JSON. Wins over data from files
    #[arg(short = 'D', long = "define", value_name = "KEY=VALUE")]
    pub(crate) define: Vec<String>,
    /// The folder that `include`, `import` and `extends` look in; the template's own unless given
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<PathBuf>,
    /// Writes each chunk as soon as it is there
    #[arg(long)]
    pub(crate) stream: bool,
    /// Where to write; the standard output unless given
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Fails where an undefined name is used
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) language: Language,
}

/// Arguments of `kakehi check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Templates, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) language: Language,
}

/// Arguments of `kakehi dump`.
#[derive(Args, Debug)]
pub(crate) struct Dump {
    /// The template's file; `-` reads it from the standard input
    pub(crate) template: PathBuf,
    #[command(flatten)]
    pub(crate) stage: Stage,
    #[command(flatten)]
    pub(crate) language: Language,
}

/// Arguments of `kakehi extract`.
#[derive(Args, Debug)]
pub(crate) struct Extract {
    /// Templates, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The template catalogue (`.pot`) to write; the standard output unless given
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Comments that start with this word are for translators
    #[arg(short, long = "comment", value_name = "WORD")]
    pub(crate) comments: Vec<String>,
    /// The project that the messages belong to
    #[arg(long, value_name = "NAME", default_value = "PROJECT VERSION")]
    pub(crate) project: String,
    /// Messages of `trans` are trimmed unless their tag says `notrimmed`
    #[arg(long)]
    pub(crate) trimmed: bool,
    #[command(flatten)]
    pub(crate) language: Language,
}

/// Which stage to show.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Stage {
    /// The tokens
    #[arg(long)]
    pub(crate) tokens: bool,
    /// The tree
    #[arg(long)]
    pub(crate) tree: bool,
    /// The bytecode
    #[arg(long)]
    pub(crate) bytecode: bool,
}

/// How templates are written.
#[derive(Args, Debug)]
pub(crate) struct Language {
    /// The delimiters, and whether futures are awaited by themselves
    #[arg(long, value_enum, default_value_t = Syntax::Kakehi)]
    pub(crate) syntax: Syntax,
    /// Drops the first newline after a tag
    #[arg(long)]
    pub(crate) trim_blocks: bool,
    /// Drops white space between the start of a line and a tag
    #[arg(long)]
    pub(crate) lstrip_blocks: bool,
    /// Keeps the newline that ends a template
    #[arg(long)]
    pub(crate) keep_trailing_newline: bool,
}

/// One of the two ways to write templates.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Syntax {
    /// `<% %>`, `<< >>`, `<# #>`
    Kakehi,
    /// `{% %}`, `{{ }}`, `{# #}`
    Jinja,
}

impl Language {
    /// An environment for templates that are written so.
    pub(crate) fn environment(&self) -> Environment {
        let mut env = match self.syntax {
            Syntax::Kakehi => Environment::new(),
            Syntax::Jinja => Environment::jinja(),
        };
        env.set_trim_blocks(self.trim_blocks);
        env.set_lstrip_blocks(self.lstrip_blocks);
        env.set_keep_trailing_newline(self.keep_trailing_newline);
        env
    }
}

impl Render {
    /// An environment that finds the templates beside the one to render.
    pub(crate) fn environment(&self) -> Environment {
        let mut env = self.language.environment();
        if self.strict {
            env.set_undefined(UndefinedPolicy::Strict);
        }
        let own = self
            .template
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let root = self.root.as_deref().or(own).unwrap_or(Path::new("."));
        env.set_loader(FileLoader::new(root));
        env
    }
}
