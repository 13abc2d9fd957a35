//! x
use kakehi::*;
#[test]
fn explore() {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(|| {
            let n: usize = std::env::var("N").unwrap().parse().unwrap();
            let r = |s: &str| s.repeat(n);
            let inputs: Vec<(&str, String)> = vec![
                ("paren", format!("{{{{ {}1{} }}}}", r("("), r(")"))),
                ("paren open", format!("{{{{ {}", r("("))),
                ("bracket", format!("{{{{ {}1{} }}}}", r("["), r("]"))),
                ("brace", format!("{{{{ {}1{} }}}}", r("{'a':"), r("}"))),
                ("brace open", format!("{{{{ {} }}}}", r("{"))),
                ("not", format!("{{{{ {}1 }}}}", r("not "))),
                ("minus", format!("{{{{ {}1 }}}}", r("-"))),
                ("plusprefix", format!("{{{{ {}1 }}}}", r("+"))),
                ("await", format!("{{{{ {}1 }}}}", r("await "))),
                ("add", format!("{{{{ 1{} }}}}", r("+1"))),
                ("tilde", format!("{{{{ ''{} }}}}", r("~''"))),
                ("and", format!("{{{{ 1{} }}}}", r(" and 1"))),
                ("or", format!("{{{{ 0{} }}}}", r(" or 0"))),
                ("lt", format!("{{{{ 1{} }}}}", r(" <= 1"))),
                ("eq", format!("{{{{ 1{} }}}}", r(" == 1"))),
                ("pow", format!("{{{{ 1{} }}}}", r("**1"))),
                ("mul", format!("{{{{ 1{} }}}}", r("*1"))),
                ("nullish", format!("{{{{ x{} }}}}", r("??x"))),
                ("attr", format!("{{{{ x{} }}}}", r(".a"))),
                ("optattr", format!("{{{{ x{} }}}}", r("?.a"))),
                ("index", format!("{{{{ x{} }}}}", r("[0]"))),
                ("slice", format!("{{{{ 'a'{} }}}}", r("[0:]"))),
                ("filter", format!("{{{{ 'a'{} }}}}", r("|upper"))),
                ("call", format!("{{{{ x{} }}}}", r("()"))),
                ("test", format!("{{{{ 1{} }}}}", r(" is number"))),
                ("ternary", format!("{{{{ 1{} }}}}", r(" if 0 else 2"))),
                (
                    "ternary nested",
                    format!("{{{{ {}1 }}}}", r("1 if 0 else ")),
                ),
                ("ternary no else", format!("{{{{ 1{} }}}}", r(" if 1"))),
                (
                    "elif",
                    format!("{{% if 0 %}}{}{{% endif %}}", r("{% elif 0 %}")),
                ),
                (
                    "else if",
                    format!("{}1{}", r("{% if 0 %}{% else %}"), r("{% endif %}")),
                ),
                ("if", format!("{}1{}", r("{% if 1 %}"), r("{% endif %}"))),
                (
                    "for",
                    format!("{}1{}", r("{% for a in [1] %}"), r("{% endfor %}")),
                ),
                (
                    "macro",
                    format!("{}1{}", r("{% macro m() %}"), r("{% endmacro %}")),
                ),
                (
                    "call block",
                    format!("{}1{}", r("{% call m() %}"), r("{% endcall %}")),
                ),
                (
                    "with",
                    format!("{}1{}", r("{% with %}"), r("{% endwith %}")),
                ),
                (
                    "filter block",
                    format!("{}1{}", r("{% filter upper %}"), r("{% endfilter %}")),
                ),
                (
                    "block",
                    format!(
                        "{}1{}",
                        (0..n)
                            .map(|i| format!("{{% block b{i} %}}"))
                            .collect::<String>(),
                        r("{% endblock %}")
                    ),
                ),
                ("raw", format!("{}{}", r("{% raw %}"), r("{% endraw %}"))),
                ("raw pairs", r("{% raw %}x{% endraw %}")),
                ("comment", format!("{}{}", r("{#"), r("#}"))),
                ("comment pairs", r("{# x #}")),
                ("args", format!("{{{{ f({}) }}}}", r("1,"))),
                (
                    "kwargs",
                    format!(
                        "{{{{ dict({}) }}}}",
                        (0..n).map(|i| format!("a{i}=1,")).collect::<String>()
                    ),
                ),
                ("list", format!("{{{{ [{}]|length }}}}", r("1,"))),
                ("sets", r("{% set a = 1 %}")),
                (
                    "setvars",
                    (0..n)
                        .map(|i| format!("{{% set a{i} = 1 %}}"))
                        .collect::<String>(),
                ),
                (
                    "blocks",
                    (0..n)
                        .map(|i| format!("{{% block b{i} %}}{{% endblock %}}"))
                        .collect::<String>(),
                ),
                (
                    "macros",
                    (0..n)
                        .map(|i| format!("{{% macro b{i}() %}}{{% endmacro %}}"))
                        .collect::<String>(),
                ),
                ("outputs", r("{{ 1 }}")),
                (
                    "names",
                    (0..n)
                        .map(|i| format!("{{{{ b{i} }}}}"))
                        .collect::<String>(),
                ),
                (
                    "match",
                    format!("{}1{}", r("{% match 1 %}{% case 1 %}"), r("{% endmatch %}")),
                ),
                (
                    "cases",
                    format!("{{% match 1 %}}{}{{% endmatch %}}", r("{% case 0 %}")),
                ),
                (
                    "pattern",
                    format!(
                        "{{% match 1 %}}{{% case {}1{} %}}{{% endmatch %}}",
                        r("["),
                        r("]")
                    ),
                ),
                (
                    "pattern or",
                    format!("{{% match 1 %}}{{% case 1{} %}}x{{% endmatch %}}", r("|1")),
                ),
                ("targets", format!("{{% set {}a{} = 1 %}}", r("("), r(")"))),
                ("targets wide", format!("{{% set a{} = 1 %}}", r(", a"))),
                ("range", format!("{{{{ 1{} }}}}", r("..2"))),
                ("spread", format!("{{{{ [{}] | length }}}}", r("*[],"))),
                ("string", format!("{{{{ '{}' | length }}}}", r("\\n"))),
                ("string concat", format!("{{{{ {} | length }}}}", r("'a' "))),
                ("digits", format!("{{{{ {} }}}}", r("1"))),
                ("float digits", format!("{{{{ 1.{} }}}}", r("1"))),
                ("unclosed out", r("{{ ")),
                ("unclosed tag", r("{% ")),
                ("unclosed if", r("{% if 1 %}")),
                ("end only", r("{% end %}")),
                (
                    "comprehension",
                    format!("{{{{ {}1{} }}}}", r("["), r(" for a in [1]]")),
                ),
                ("namespace", format!("{{% set ns.a{} = 1 %}}", r(".a"))),
                ("long name", format!("{{{{ {} }}}}", r("a"))),
            ];
            for (name, source) in inputs {
                let env = Environment::jinja();
                let t = std::time::Instant::now();
                let out = match env.render_str(&source, context! {}) {
                    Ok(o) => format!("Ok {} {:.60}", o.len(), o),
                    Err(e) => {
                        let r = format!("{e:#}");
                        format!("{:?} {:.150} (report {})", e.kind(), e.to_string(), r.len())
                    }
                };
                eprintln!("{name:18} {:6} ms {out}", t.elapsed().as_millis());
            }
        })
        .unwrap()
        .join()
        .unwrap();
}
