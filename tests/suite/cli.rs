//! The program `kakehi`, as a shell sees it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("kakehi-cli-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().expect("below the folder")).expect("can be made");
            fs::write(file, text).expect("can be written");
        }
        Folder(path)
    }

    /// Runs the program in the folder: exit code, output, errors.
    fn run(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kakehi"))
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("is piped");
        // A program that does not read its input may be gone by now.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let text = |bytes| String::from_utf8(bytes).expect("output is text");
        (
            output.status.code().expect("not killed"),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PAGE: (&str, &str) = (
    "t/page.html",
    "<< a >> << b >> << c >> <% include 'part.html' %>",
);
const PART: (&str, &str) = ("t/part.html", "[<< c >>]");

#[test]
fn data_comes_from_files_of_three_kinds_and_from_definitions() {
    let folder = Folder::new(
        "data",
        &[
            PAGE,
            PART,
            ("d.json", r#"{"a": 1, "b": 1, "c": "<"}"#),
            ("d.yaml", "a: 2\nb: [x, 1.5]\n"),
            ("d.toml", "a = 3\n"),
        ],
    );
    let render = ["render", "t/page.html", "-d", "d.json"];
    assert_eq!(
        folder.run(&render, ""),
        (0, "1 1 &lt; [&lt;]".into(), String::new())
    );
    let all = [
        &render[..],
        &["-d", "d.yaml", "--data", "d.toml", "-D", "c=it is = text"],
    ]
    .concat();
    let expected = "3 [&#39;x&#39;, 1.5] it is = text [it is = text]";
    assert_eq!(folder.run(&all, ""), (0, expected.into(), String::new()));
    let input = [
        "render",
        "t/page.html",
        "-d",
        "-",
        "-D",
        "a={\"k\": [1, null]}",
        "--stream",
    ];
    let expected = "{&#39;k&#39;: [1, None]} 7  []";
    assert_eq!(
        folder.run(&input, r#"{"b": 7}"#),
        (0, expected.into(), String::new())
    );
}

#[test]
fn templates_come_from_the_standard_input_and_pages_go_to_files() {
    let folder = Folder::new(
        "output",
        &[("t/part.html", "[{{ n }}]"), ("old.html", "old")],
    );
    let jinja = [
        "render",
        "--syntax",
        "jinja",
        "-",
        "-o",
        "page.html",
        "--root",
        "t",
    ];
    let source = "{% for n in range(2) %}{{ n }}{% include 'part.html' %}{% endfor %}";
    assert_eq!(
        folder.run(&jinja, source),
        (0, String::new(), String::new())
    );
    assert_eq!(
        fs::read_to_string(folder.0.join("page.html")).expect("was written"),
        "0[0]1[1]"
    );
    let (code, ..) = folder.run(&["render", "-", "-o", "old.html"], "a<< 1 // 0 >>");
    assert_eq!(code, 1);
    assert_eq!(
        fs::read_to_string(folder.0.join("old.html")).expect("is still there"),
        "old"
    );
    let (code, output, _) = folder.run(&["render", "-", "--stream"], "a<% flush %>b<< 1 // 0 >>");
    assert_eq!((code, output.as_str()), (1, "a"));
}

#[test]
fn templates_that_fail_give_1_and_mistaken_commands_2() {
    let folder = Folder::new(
        "codes",
        &[PAGE, PART, ("bad.html", "<< 1 + >>"), ("d.json", "[1]")],
    );
    let (code, output, errors) = folder.run(&["render", "bad.html"], "");
    assert_eq!((code, output.as_str()), (1, ""));
    assert!(errors.starts_with("error: unexpected `>>`"), "{errors}");
    assert!(errors.contains("--> bad.html:1:8"), "{errors}");
    let (code, _, errors) = folder.run(&["render", "--strict", "t/page.html"], "");
    assert_eq!(code, 1);
    assert!(errors.contains("'a' is undefined"), "{errors}");
    for mistaken in [
        &["render"][..],
        &["render", "missing.html"],
        &["render", "t/page.html", "-d", "missing.json"],
        &["render", "t/page.html", "-d", "d.json"],
        &["render", "t/page.html", "-d", "bad.html"],
        &["render", "t/page.html", "-D", "nothing"],
        &["render", "t/page.html", "--syntax", "mako"],
        &["render", "t/page.html", "-o", "no/such/folder"],
        &["check"],
        &["check", "missing"],
        &["dump", "t/page.html"],
        &["dump", "--tokens", "--tree", "t/page.html"],
        &["frobnicate"],
        &[],
    ] {
        let (code, output, errors) = folder.run(mistaken, "");
        assert_eq!(code, 2, "{mistaken:?}: {output}{errors}");
        assert!(!errors.is_empty());
    }
    let (code, output, _) = folder.run(&["--help"], "");
    assert!(code == 0 && output.contains("render"));
}

#[test]
fn check_walks_folders_and_reports_every_error() {
    let folder = Folder::new(
        "check",
        &[
            PAGE,
            PART,
            ("t/deep/er/bad.txt", "<< 1 + >>\n<< 2 * >>\n"),
            ("t/filter.txt", "<< 1 | uper >>"),
            ("t/.hidden", "<< ("),
        ],
    );
    let (code, output, _) = folder.run(&["check", "t/page.html", "t/part.html"], "");
    assert_eq!((code, output.as_str()), (0, "2 files checked, no errors\n"));
    let (code, _, errors) = folder.run(&["check", "t"], "");
    assert_eq!(code, 1);
    for part in [
        "bad.txt:1:8",
        "bad.txt:2:8",
        "filter.txt:1:",
        "did you mean `upper`",
        "4 files checked, 3 errors",
    ] {
        assert!(errors.contains(part), "{part} is missing in:\n{errors}");
    }
    fs::write(folder.0.join("t/bytes"), b"a\xff").expect("can be written");
    let (code, _, errors) = folder.run(&["check", "t/bytes"], "");
    assert_eq!(code, 1);
    assert!(errors.contains("not valid UTF-8"), "{errors}");
}

#[test]
fn dump_shows_each_stage() {
    let folder = Folder::new("dump", &[PART]);
    for (stage, part) in [
        ("--tokens", "name c"),
        ("--tree", "output"),
        ("--bytecode", "EmitText"),
    ] {
        let (code, output, errors) = folder.run(&["dump", stage, "t/part.html"], "");
        assert!(
            code == 0 && output.contains(part),
            "{stage}: {output}{errors}"
        );
    }
    let (code, ..) = folder.run(&["dump", "--tree", "-"], "<< ( >>");
    assert_eq!(code, 1);
}

#[test]
fn extract_collects_each_message_once_with_all_its_places() {
    let folder = Folder::new(
        "extract",
        &[
            (
                "t/a.html",
                "<# NOTE: on a button #>\n<% trans %>Save<% end %>\n<% trans 'menu' n=files %>\n  a \"file\"\n<% pluralize %>\n  << n >> files\n<% end %>\n",
            ),
            ("t/b.html", "<< _('Save') >> << _(name) >>"),
            ("bad.html", "<% trans %>"),
        ],
    );
    let (code, out, errors) = folder.run(&["extract", "--trimmed", "-c", "NOTE:", "t"], "");
    assert_eq!((code, errors.as_str()), (0, ""));
    let (head, messages) = out.split_once("\n\n").expect("a head");
    assert!(head.contains("nplurals=2; plural=(n != 1);"), "{head}");
    assert_eq!(
        messages,
        "#. NOTE: on a button\n#: t/a.html:2\n#: t/b.html:1\nmsgid \"Save\"\nmsgstr \"\"\n\n\
         #: t/a.html:3\n#, python-format\nmsgctxt \"menu\"\nmsgid \"a \\\"file\\\"\"\nmsgid_plural \"%(n)s files\"\n\
         msgstr[0] \"\"\nmsgstr[1] \"\"\n\n"
    );
    let (code, _, _) = folder.run(&["extract", "t", "-o", "out.pot"], "");
    assert_eq!(code, 0);
    let written = fs::read_to_string(folder.0.join("out.pot")).expect("is there");
    assert!(written.contains("a \\\"file\\\""), "{written}");
    let (code, _, errors) = folder.run(&["extract", "bad.html"], "");
    assert_eq!(code, 1);
    assert!(errors.contains("`<% trans %>` is never closed"), "{errors}");
}
