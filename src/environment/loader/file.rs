//! A loader over a folder of files.

use std::fs::{self, Metadata};
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use crate::environment::loader::name::leads_below;
use crate::environment::loader::{Load, Loader, Reloaded, Source, Version};
use crate::error::{Error, HostFault};

/// Templates in a folder and the folders in it, named by their path with `/`, such as `mail/welcome.txt`.
///
/// No name leads out of the folder: one that is absolute, or has a `..`, a `\`, a `:`, an empty part or a
/// NUL in it, is a template that does not exist, and a link out of the folder is an error. A file that is
/// not UTF-8 is an error too.
///
/// A check for changes looks at a file's time and length, and reads it again if it was written just before it
/// was loaded.
///
/// Files are read where the render runs, without waiting. For a slow disk, write an
/// [`AsyncFunctionLoader`](crate::AsyncFunctionLoader) over your runtime's files.
///
/// ```no_run
/// use kakehi::{Environment, FileLoader};
/// let mut env = Environment::new();
/// env.set_loader(FileLoader::new("templates"));
/// println!("{}", env.render("page.html", ())?);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileLoader {
    root: PathBuf,
}

impl FileLoader {
    /// A loader over the folder `root`, which is only looked at when a template is loaded.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, FileLoader};
    /// let mut env = Environment::new();
    /// env.set_loader(FileLoader::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/departures")));
    /// assert!(env.template("trains.json").is_ok());
    /// let outside = env.template("../hello.rs").unwrap_err();
    /// assert_eq!(outside.kind(), ErrorKind::TemplateNotFound);
    /// ```
    pub fn new(root: impl Into<PathBuf>) -> Self {
        FileLoader { root: root.into() }
    }

    /// The file of a template and what the system says of it; none if there is no such file.
    fn find(&self, name: &str) -> Result<Option<(PathBuf, Metadata)>, Error> {
        if !leads_below(name) {
            return Ok(None);
        }
        let relative: PathBuf = name.split('/').collect();
        // Asked anew each time: the folder may be a link that is switched while the program runs.
        let root = fs::canonicalize(&self.root).map_err(|cause| HostFault::NoFolder {
            path: self.root.display().to_string(),
            cause,
        })?;
        let path = root.join(&relative);
        let path = match fs::canonicalize(&path) {
            Ok(path) => path,
            Err(cause) if is_missing(&cause) => return Ok(None),
            Err(cause) => return Err(HostFault::unreadable(name, &path, cause)),
        };
        if !path.starts_with(&root) {
            return Err(HostFault::LinkOutside {
                name: name.to_owned(),
                root: root.display().to_string(),
            }
            .into());
        }
        // A folder is no template, and reading a pipe or a device might never end.
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Some((path, metadata))),
            Ok(_) => Ok(None),
            Err(cause) => Err(HostFault::unreadable(name, &path, cause)),
        }
    }

    /// The names of all files in the folder and below, but for those that a link leads to from another folder.
    fn names(&self) -> Result<Vec<String>, Error> {
        let no_folder = |path: &Path, cause| HostFault::NoFolder {
            path: path.display().to_string(),
            cause,
        };
        let mut names = Vec::new();
        // Folders with the names of what is in them; those that links lead to could hold themselves.
        let mut folders = vec![(self.root.clone(), String::new())];
        while let Some((folder, start)) = folders.pop() {
            let entries = fs::read_dir(&folder).map_err(|cause| no_folder(&folder, cause))?;
            for entry in entries {
                let entry = entry.map_err(|cause| no_folder(&folder, cause))?;
                let (Some(name), Ok(kind)) = (
                    entry.file_name().to_str().map(str::to_owned),
                    entry.file_type(),
                ) else {
                    continue;
                };
                let name = format!("{start}{name}");
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{name}/")));
                } else if matches!(self.find(&name), Ok(Some(_))) {
                    names.push(name);
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, name: &str, known: Option<&Version>) -> Result<Reloaded, Error> {
        let Some((path, metadata)) = self.find(name)? else {
            return Ok(Reloaded::Missing);
        };
        let version = version(&path, &metadata);
        if version.is_some() && version.as_ref() == known {
            return Ok(Reloaded::Unchanged);
        }
        let bytes = fs::read(&path).map_err(|cause| HostFault::unreadable(name, &path, cause))?;
        let text = Source::text_of(name, bytes)?;
        Ok(Reloaded::Changed(Source { text, version }))
    }
}

/// What tells a file from what it will be after a change; none while that cannot be told.
fn version(path: &Path, metadata: &Metadata) -> Option<Version> {
    // The path, because a link may lead to another file that is as old and as long.
    let modified = metadata.modified().ok()?;
    Version::of_time(
        modified,
        format_args!("{} {}", metadata.len(), path.display()),
    )
}

impl Loader for FileLoader {
    fn load(&self, name: &str) -> Load {
        Load::Ready(self.read(name, None).map(Reloaded::into_source))
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        Load::Ready(self.read(name, Some(version)))
    }

    fn list(&self) -> Load<Vec<String>> {
        Load::Ready(self.names())
    }
}

/// Whether a path leads to nothing, also because a part of it is a file or no possible name.
fn is_missing(cause: &std::io::Error) -> bool {
    matches!(
        cause.kind(),
        IoErrorKind::NotFound
            | IoErrorKind::NotADirectory
            | IoErrorKind::InvalidInput
            | IoErrorKind::InvalidFilename
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::error::ErrorKind;

    /// A folder with templates inside and a secret beside them, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kakehi-{test}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("templates/mail")).expect("a folder can be made");
            fs::write(path.join("secret.txt"), "secret").expect("a file can be written");
            fs::write(path.join("templates/page.html"), "page").expect("a file can be written");
            fs::write(path.join("templates/mail/a.txt"), "mail").expect("a file can be written");
            fs::write(path.join("templates/bad.txt"), b"ab\xffc").expect("a file can be written");
            Folder(path)
        }

        fn loader(&self) -> FileLoader {
            FileLoader::new(self.0.join("templates"))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn load(loader: &FileLoader, name: &str) -> Result<Option<String>, Error> {
        match loader.load(name) {
            Load::Ready(answer) => answer.map(|found| found.map(|source| source.text)),
            Load::Later(_) => panic!("files are read at once"),
        }
    }

    #[test]
    fn finds_files_in_the_folder_and_below() {
        let folder = Folder::new("finds");
        let loader = folder.loader();
        assert_eq!(load(&loader, "page.html").unwrap().as_deref(), Some("page"));
        assert_eq!(
            load(&loader, "mail/a.txt").unwrap().as_deref(),
            Some("mail")
        );
    }

    #[test]
    fn lists_files_in_the_folder_and_below() {
        let folder = Folder::new("lists");
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret.txt", folder.0.join("templates/out.txt"))
            .expect("a link can be made");
        match folder.loader().list() {
            Load::Ready(names) => {
                assert_eq!(names.unwrap(), ["bad.txt", "mail/a.txt", "page.html"]);
            }
            Load::Later(_) => panic!("folders are read at once"),
        }
        assert!(FileLoader::new("/nowhere/at/all").names().is_err());
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = Folder::new("escape");
        let loader = folder.loader();
        let absolute = folder.0.join("secret.txt").display().to_string();
        for name in [
            "",
            ".",
            "..",
            "../secret.txt",
            "mail/../../secret.txt",
            "mail/../page.html",
            "./page.html",
            "/page.html",
            "//page.html",
            "mail//a.txt",
            "page.html/",
            "mail\\a.txt",
            "..\\secret.txt",
            "C:page.html",
            "C:/page.html",
            "c:\\page.html",
            "\\\\server\\share\\x",
            "page.html\0",
            "page.html\0.txt",
            "page.html/x",
            "mail",
            "page.html:stream",
            absolute.as_str(),
        ] {
            let answer = load(&loader, name);
            assert!(matches!(answer, Ok(None)), "{name:?}: {answer:?}");
        }
        let long = "x".repeat(5000);
        assert!(matches!(load(&loader, &long), Ok(None)));
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_refused_and_links_inside_followed() {
        use std::os::unix::fs::symlink;
        let folder = Folder::new("links");
        let loader = folder.loader();
        let templates = folder.0.join("templates");
        symlink("../secret.txt", templates.join("out.txt")).expect("a link can be made");
        symlink("/", templates.join("root")).expect("a link can be made");
        symlink("page.html", templates.join("in.html")).expect("a link can be made");
        symlink("loop", templates.join("loop")).expect("a link can be made");
        let error = load(&loader, "out.txt").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Loader);
        assert!(error.message().contains("leads out of"), "{error}");
        assert!(load(&loader, "root/etc/hostname").map_or(true, |found| found.is_none()));
        assert_eq!(load(&loader, "in.html").unwrap().as_deref(), Some("page"));
        assert!(load(&loader, "loop").is_err());
    }

    #[test]
    fn a_file_that_is_no_text_is_an_error_with_its_place() {
        let folder = Folder::new("utf8");
        let error = load(&folder.loader(), "bad.txt").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Loader);
        assert!(error.message().contains("offset 2"), "{error}");
    }

    #[test]
    fn a_file_is_read_again_when_its_time_or_length_changed() {
        let folder = Folder::new("reload");
        let loader = folder.loader();
        let path = folder.0.join("templates/page.html");
        let read = || match loader.load("page.html") {
            Load::Ready(answer) => answer.unwrap().expect("is there"),
            Load::Later(_) => panic!("files are read at once"),
        };
        let reload = |version: &Version| match loader.reload("page.html", version) {
            Load::Ready(answer) => answer.unwrap(),
            Load::Later(_) => panic!("files are read at once"),
        };
        let date = |seconds: u64| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let file = fs::File::options().append(true).open(&path);
            let dated = file.and_then(|file| file.set_modified(time));
            dated.expect("a file can be dated");
        };
        // Just written: it could be written again within the same tick of the file system's clock.
        assert_eq!(read().version(), None);
        date(1_000_000);
        let old = read();
        let version = old.version().expect("it is old enough");
        assert_eq!(reload(version), Reloaded::Unchanged);
        fs::write(&path, "egap").expect("a file can be written");
        assert!(matches!(reload(version), Reloaded::Changed(source) if source.text() == "egap"));
        date(2_000_000);
        assert!(matches!(reload(version), Reloaded::Changed(_)));
        date(1_000_000);
        assert_eq!(reload(version), Reloaded::Unchanged);
        fs::write(&path, "longer than before").expect("a file can be written");
        date(1_000_000);
        assert!(matches!(reload(version), Reloaded::Changed(_)));
        fs::remove_file(&path).expect("a file can be removed");
        assert_eq!(reload(version), Reloaded::Missing);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_it() {
        let error = load(&FileLoader::new("/nowhere/at/all"), "a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Loader);
        assert!(error.message().contains("/nowhere/at/all"), "{error}");
    }
}
