//! Whole folders as part of the program; behind the feature `embed`.

/// Puts every file of a folder into the program and gives a loader over them.
///
/// The path starts with a variable of cargo, such as `$CARGO_MANIFEST_DIR`. Files that are not UTF-8 are
/// no templates.
///
/// ```
/// let mut env = kakehi::Environment::new();
/// env.set_loader(kakehi::embed_folder!("$CARGO_MANIFEST_DIR/src/environment"));
/// assert!(env.template("no/such/file").is_err());
/// ```
#[macro_export]
macro_rules! embed_folder {
    ($folder:tt) => {{
        use $crate::include_dir;
        static FOLDER: include_dir::Dir<'static> = include_dir::include_dir!($folder);
        $crate::EmbeddedLoader::found_by(
            |name| FOLDER.get_file(name)?.contents_utf8(),
            || $crate::list_folder(&FOLDER),
        )
    }};
}

/// The names of all templates in a folder that is part of the program.
#[doc(hidden)]
pub fn list_folder(folder: &include_dir::Dir<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        let texts = folder.files().filter(|file| file.contents_utf8().is_some());
        names.extend(texts.filter_map(|file| Some(file.path().to_str()?.replace('\\', "/"))));
    }
    names
}
