//! Templates and the code they become.

use std::sync::Arc;

use crate::bytecode::{Instruction, Label, Program, Slot};
use crate::call::Registry;
use crate::compiler::{CompileOptions, compile, compile_expression};
use crate::error::{Error, ErrorKind, VerifyFault};
use crate::source::Origin;
use crate::syntax::{Options, parse, parse_expression};
use crate::value::UndefinedPolicy;

const OPTIONS: CompileOptions = CompileOptions {
    concurrency: None,
    auto_escape: true,
    auto_await: false,
    undefined_policy: UndefinedPolicy::Lenient,
    newline: "\n",
    shortcuts: false,
};

fn registry() -> Registry {
    let mut registry = Registry::new();
    for filter in ["upper", "join"] {
        registry.add_filter(filter, |text: String| text);
    }
    registry.add_test("defined", |_: String| true);
    registry
}

fn origin(source: &str) -> Arc<Origin> {
    Arc::new(Origin {
        name: "t".into(),
        text: source.into(),
    })
}

fn program(source: &str) -> Result<Program, Error> {
    let origin = origin(source);
    let tree = parse(&origin, &Options::default())?;
    compile(&tree, origin.clone(), &OPTIONS, &registry())
}

/// The code of a template is as expected, but for indentation.
fn check(source: &str, expected: &str) {
    let program = program(source).expect("the template compiles").to_string();
    let lines = |text: &str| -> Vec<String> {
        let lines = text.trim().lines();
        lines.map(|line| line.trim().to_owned()).collect()
    };
    assert_eq!(lines(&program), lines(expected), "{source}\n{program}");
}

fn error(source: &str) -> (ErrorKind, String) {
    let error = program(source).expect_err("the template does not compile");
    (error.kind(), error.to_string())
}

/// Adjacent texts and constants are one; a name of the context is looked up once.
#[test]
fn text_and_names() {
    check(
        "a<< 'b' ~ 1 >><< '<' >><< name >><< name >>",
        r#"
        template: slots 1, cells 0, stack 0
            0  EmitText "ab1&lt;"
            1  EmitRoot 0 name
            2  EmitRoot 0 name
            3  Return
        "#,
    );
}

/// A loop, with `else`, with a condition, with a look ahead, counted, recursive.
#[test]
fn loops() {
    check(
        "<% for i in xs %><< i >><< loop.index >><% else %>none<% end %>",
        r#"
        template: slots 2, cells 0, stack 1
            0  LoadRoot 1 xs
            1  EnterLoop
            2  NextItem -> 9
            3  StoreLocal 0
            4  EmitLocal 0 i
            5  LoadLoopField 0 index
            6  EmitValue
            7  CompleteRound
            8  JumpBack -> 2
            9  ExitLoopElse -> 11
           10  EmitText "none"
           11  Return
        "#,
    );
    check(
        "<% for i in xs if i %><< loop.last >><% end %>",
        r#"
        template: slots 2, cells 0, stack 2
            0  LoadRoot 1 xs
            1  EnterLoop filtered lookahead
            2  NextItem -> 14
            3  Duplicate
            4  StoreLocal 0
            5  LoadLocal 0 i
            6  JumpIfFalse -> 12
            7  HoldItem -> 11
            8  StoreLocal 0
            9  LoadLoopField 0 last
           10  EmitValue
           11  JumpBack -> 2
           12  Discard
           13  JumpBack -> 2
           14  ReleaseItem -> 16
           15  JumpBack -> 8
           16  ExitLoop
           17  Return
        "#,
    );
    check(
        "<% for i in xs if i %><< loop.length >><% end %>",
        r#"
        template: slots 2, cells 0, stack 3
            0  LoadRoot 1 xs
            1  MakeList 0
            2  Swap
            3  EnterLoop
            4  NextItem -> 13
            5  Duplicate
            6  StoreLocal 0
            7  LoadLocal 0 i
            8  JumpIfFalse -> 11
            9  AppendList
           10  JumpBack -> 4
           11  Discard
           12  JumpBack -> 4
           13  ExitLoop
           14  EnterLoop sized
           15  NextItem -> 20
           16  StoreLocal 0
           17  LoadLoopField 0 length
           18  EmitValue
           19  JumpBack -> 15
           20  ExitLoop
           21  Return
        "#,
    );
    check(
        "<% for i in xs recursive %><< loop(i) >><% end %>",
        r#"
        template: slots 2, cells 0, stack 1
            0  LoadRoot 1 xs
            1  EnterRecursiveLoop unit 1
            2  Return

        loop: slots 2, cells 0, stack 2
            3  EnterLoop remembers recursive 1
            4  NextItem -> 11
            5  StoreLocal 0
            6  LoadLoop 0
            7  LoadLocal 0 i
            8  CallFunction (_)
            9  EmitValue
           10  JumpBack -> 4
           11  ExitLoop
           12  Return
        "#,
    );
    check(
        "<% while x %><% break %><% end %>",
        r#"
        template: slots 1, cells 0, stack 1
            0  LoadRoot 0 x
            1  JumpIfFalse -> 3
            2  Jump -> 3
            3  Return
        "#,
    );
}

/// Leaving a loop closes what its body has opened.
#[test]
fn leaving() {
    check(
        "<% for i in xs %><% set y %><% autoescape x %><% break %><% end %><% end %><% end %>",
        r#"
        template: slots 4, cells 0, stack 1
            0  LoadRoot 2 xs
            1  EnterLoop
            2  NextItem -> 11
            3  StoreLocal 0
            4  BeginCapture
            5  LoadRoot 3 x
            6  EnterAutoEscape
            7  ExitAutoEscape
            8  EndCapture
            9  Discard
           10  Jump -> 11
           11  ExitLoop
           12  Return
        "#,
    );
}

/// What a loop sets starts anew each round; `if` opens no scope; `let` sets the context's name.
#[test]
fn scopes() {
    check(
        "<% set x = 1 %><% for i in xs %><% set x = x + i %><% end %>",
        r#"
        template: slots 4, cells 0, stack 2
            0  LoadInteger 1
            1  StoreLocal 0
            2  ExportLocal 0 x
            3  LoadRoot 3 xs
            4  EnterLoop
            5  NextItem -> 13
            6  StoreLocal 1
            7  Move 0 -> 2
            8  LoadLocal 2 x
            9  LoadLocal 1 i
           10  Add
           11  StoreLocal 2
           12  JumpBack -> 5
           13  ExitLoop
           14  Return
        "#,
    );
    check(
        "<% for i in xs %><% if i %><% set y = i %><% end %><< y >><% end %>",
        r#"
        template: slots 3, cells 0, stack 1
            0  LoadRoot 2 xs
            1  EnterLoop
            2  NextItem -> 11
            3  StoreLocal 0
            4  Clear 1
            5  LoadLocal 0 i
            6  JumpIfFalse -> 9
            7  LoadLocal 0 i
            8  StoreLocal 1
            9  EmitRoot 1 y
           10  JumpBack -> 2
           11  ExitLoop
           12  Return
        "#,
    );
    check(
        "<% for i in xs %><% let x = i %><% end %><< x >>",
        r#"
        template: slots 2, cells 0, stack 1
            0  LoadRoot 1 xs
            1  EnterLoop
            2  NextItem -> 7
            3  StoreLocal 0
            4  LoadLocal 0 i
            5  StoreName x
            6  JumpBack -> 2
            7  ExitLoop
            8  LoadName x
            9  EmitValue
           10  Return
        "#,
    );
}

/// Macros read captured variables from cells, and give defaults where nothing was passed.
#[test]
fn macros() {
    check(
        "<% macro m(a, b=a) %><% call n() %><< a >><% end %><% end %>",
        r#"
        template: slots 1, cells 0, stack 1
            0  MakeMacro m (unit 1)
            1  StoreLocal 0
            2  ExportLocal 0 m
            3  Return

        macro m(a, b): slots 3, cells 1, stack 2
            4  Move 0 -> cell 0
            5  JumpIfSet 1 -> 8
            6  LoadCell 0:0 a
            7  StoreLocal 1
            8  LoadRoot 2 n
            9  MakeMacro caller (unit 2)
           10  CallFunction (caller=_)
           11  MarkSafe
           12  EmitValue
           13  Return

        macro caller(): slots 0, cells 0, stack 1
           14  LoadCell 0:0 a
           15  EmitValue
           16  Return
        "#,
    );
    check(
        "<% for i in xs %><% call m() %><< loop.last >><% end %><% end %>",
        r#"
        template: slots 3, cells 1, stack 2
            0  LoadRoot 1 xs
            1  EnterLoop lookahead remembers
            2  NextItem -> 12
            3  StoreLocal 0
            4  LoadLoop 0
            5  StoreCell 0
            6  LoadRoot 2 m
            7  MakeMacro caller (unit 1)
            8  CallFunction (caller=_)
            9  MarkSafe
           10  EmitValue
           11  JumpBack -> 2
           12  ExitLoop
           13  Clear cell 0
           14  Return

        macro caller(): slots 0, cells 0, stack 1
           15  LoadCell 0:0 loop
           16  GetAttribute last
           17  EmitValue
           18  Return
        "#,
    );
}

/// After `extends` only blocks count; `super` in a macro is the block's.
#[test]
fn inheritance() {
    check(
        "<% if x %><% extends 'p' %><% end %>t<% block b scoped %><< super() >><% end %>",
        r#"
        template: slots 1, cells 0, stack 1
            0  LoadRoot 0 x
            1  JumpIfFalse -> 4
            2  LoadConst 'p'
            3  ExtendTemplate
            4  JumpIfExtended -> 6
            5  EmitText "t"
            6  JumpIfExtended -> 8
            7  CallBlock b
            8  Return

        block b: slots 0, cells 0, stack 1
            9  CallSuper
           10  EmitValue
           11  Return
        "#,
    );
    check(
        "<% extends 'p' %>t<% for i in x %><% block b scoped %><% end %><% end %>",
        r#"
        template: slots 2, cells 0, stack 1
            0  LoadConst 'p'
            1  ExtendTemplate
            2  LoadRoot 1 x
            3  EnterLoop remembers
            4  NextItem -> 8
            5  StoreLocal 0
            6  CallBlock b
            7  JumpBack -> 4
            8  ExitLoop
            9  Return

        block b with i=0, loop: slots 0, cells 0, stack 0
           10  Return
        "#,
    );
}

/// Methods, optional steps and filters.
#[test]
fn chains() {
    check(
        "<< a?.b.c[1] | upper >><< a?.m(1) >><< x.y(k=2, *z) >><< x ?| upper is defined >>",
        r#"
        template: slots 3, cells 0, stack 5
            0  LoadRoot 0 a
            1  JumpIfNullish -> 6
            2  GetAttributeOrNone b
            3  GetAttribute c
            4  LoadInteger 1
            5  GetItem
            6  CallFilter upper
            7  EmitValue
            8  LoadRoot 0 a
            9  JumpIfNullish -> 14
           10  GetAttributeOrNone m
           11  JumpIfNullish -> 14
           12  LoadInteger 1
           13  CallFunction (_)
           14  EmitValue
           15  LoadRoot 1 x
           16  MakeList 0
           17  LoadRoot 2 z
           18  ExtendList
           19  MakeMap 0
           20  LoadConst 'k'
           21  LoadInteger 2
           22  InsertMap
           23  CallMethod y(*, **)
           24  EmitValue
           25  LoadRoot 1 x
           26  JumpIfNullish -> 28
           27  CallFilter upper
           28  PerformTest defined
           29  EmitValue
           30  Return
        "#,
    );
}

/// Conditions jump without making booleans.
#[test]
fn conditions() {
    check(
        "<% if a and (b or not c) %>x<% else %>y<% end %>",
        r#"
        template: slots 3, cells 0, stack 1
            0  LoadRoot 0 a
            1  JumpIfFalse -> 8
            2  LoadRoot 1 b
            3  JumpIfTrue -> 6
            4  LoadRoot 2 c
            5  JumpIfTrue -> 8
            6  EmitText "x"
            7  Jump -> 9
            8  EmitText "y"
            9  Return
        "#,
    );
    check(
        "<< a if b >><< a < b < c >><< a ?? b >>",
        r#"
        template: slots 3, cells 0, stack 2
            0  LoadRoot 0 b
            1  JumpIfFalse -> 4
            2  LoadRoot 1 a
            3  Jump -> 5
            4  LoadUndefined
            5  EmitValue
            6  LoadRoot 1 a
            7  LoadRoot 0 b
            8  CompareChain < -> 11
            9  LoadRoot 2 c
           10  Compare <
           11  EmitValue
           12  LoadRoot 1 a
           13  JumpIfValueOrPop -> 15
           14  LoadRoot 0 b
           15  EmitValue
           16  Return
        "#,
    );
}

/// Comprehensions are loops; constants make tuples but never lists.
#[test]
fn collections() {
    check(
        "<< [x * 2 for x, y in z if y] >><< [1, (2, 3), *a] >><< {'k': 1, **b} >>",
        r#"
        template: slots 5, cells 0, stack 3
            0  MakeList 0
            1  LoadRoot 2 z
            2  EnterLoop
            3  NextItem -> 14
            4  UnpackSequence 2
            5  StoreLocal 0
            6  StoreLocal 1
            7  LoadLocal 1 y
            8  JumpIfFalse -> 13
            9  LoadLocal 0 x
           10  LoadInteger 2
           11  Multiply
           12  AppendList
           13  JumpBack -> 3
           14  ExitLoop
           15  EmitValue
           16  LoadInteger 1
           17  LoadConst (2, 3)
           18  MakeList 2
           19  LoadRoot 3 a
           20  ExtendList
           21  EmitValue
           22  LoadConst 'k'
           23  LoadInteger 1
           24  MakeMap 1
           25  LoadRoot 4 b
           26  ExtendMap
           27  EmitValue
           28  Return
        "#,
    );
}

/// A pattern that does not fit leaves the subject alone.
#[test]
fn matching() {
    check(
        "<% match v %><% case [1, a] | {'k': a} if a %><< a >><% case _ %>z<% end %>",
        r#"
        template: slots 2, cells 0, stack 5
            0  LoadRoot 1 v
            1  Duplicate
            2  Duplicate
            3  MatchSequence 2 -> 11
            4  LoadInteger 1
            5  Compare ==
            6  JumpIfFalse -> 10
            7  StoreLocal 0
            8  Discard
            9  Jump -> 16
           10  Discard
           11  MatchMapping -> 21
           12  LoadConst 'k'
           13  MatchKey -> 21
           14  StoreLocal 0
           15  Discard
           16  LoadLocal 0 a
           17  JumpIfFalse -> 22
           18  Discard
           19  EmitLocal 0 a
           20  Jump -> 27
           21  Discard
           22  Duplicate
           23  Discard
           24  Discard
           25  EmitText "z"
           26  Jump -> 27
           27  Return
        "#,
    );
}

/// What waits is an instruction of its own.
#[test]
fn waiting() {
    check(
        "<% async for i in await f(1) %><< i | await join(',') >><% end %>",
        r#"
        template: slots 2, cells 0, stack 2
            0  LoadRoot 1 f
            1  LoadInteger 1
            2  CallFunction (_)
            3  Await
            4  EnterLoop async
            5  NextItem -> 12
            6  StoreLocal 0
            7  LoadLocal 0 i
            8  LoadConst ','
            9  AwaitFilter join(_)
           10  EmitValue
           11  JumpBack -> 5
           12  ExitLoop
           13  Return
        "#,
    );
}

/// Templates that are named get the variables around them.
#[test]
fn templates() {
    check(
        "<% for i in xs %><% include ['a', 'b'] ignore missing %><% end %><% import 'm' as m %><% from 'm' import a as b with context %>",
        r#"
        template: slots 4, cells 0, stack 2
            0  LoadRoot 3 xs
            1  EnterLoop remembers
            2  NextItem -> 9
            3  StoreLocal 2
            4  LoadConst 'a'
            5  LoadConst 'b'
            6  MakeList 2
            7  IncludeTemplate ignore missing with i=2, loop
            8  JumpBack -> 2
            9  ExitLoop
           10  LoadConst 'm'
           11  ImportTemplate without context
           12  StoreLocal 0
           13  ShareLocal 0 m
           14  LoadConst 'm'
           15  ImportTemplate
           16  LoadExport a
           17  StoreLocal 1
           18  ShareLocal 1 b
           19  Discard
           20  Return
        "#,
    );
}

/// An expression's program leaves its value.
#[test]
fn expressions() {
    let origin = origin("a.b + 1");
    let (tree, id) = parse_expression(&origin, &Options::default()).expect("it parses");
    let program = compile_expression(&tree, id, origin.clone(), &OPTIONS, &registry())
        .expect("it compiles")
        .to_string();
    let instructions: Vec<&str> = program
        .lines()
        .skip(1)
        .map(|line| line[7..].trim())
        .collect();
    assert_eq!(
        instructions,
        [
            "LoadRoot 0 a",
            "GetAttribute b",
            "LoadInteger 1",
            "Add",
            "Return"
        ],
    );
}

/// Filters and tests must be known, except where they may never be reached.
#[test]
fn unknown_names() {
    let (kind, text) = error("<< x | uper >>");
    assert_eq!(kind, ErrorKind::UnknownFilter);
    assert_eq!(
        text,
        "no filter named `uper`; did you mean `upper`? (in t:1:8)"
    );
    let (kind, text) = error("<< x is defned >>");
    assert_eq!(kind, ErrorKind::UnknownTest);
    assert_eq!(
        text,
        "no test named `defned`; did you mean `defined`? (in t:1:9)"
    );
    for source in [
        "<% if x %><< x | uper >><% end %>",
        "<< (x | uper) if x is defned else 1 >>",
        "<% if x is defned %><% end %>",
    ] {
        assert!(program(source).is_ok(), "{source}");
    }
}

/// What parses but means nothing.
#[test]
fn faults() {
    for (source, expected) in [
        (
            "<% block a %><% end %><% if x %><% block a %><% end %><% end %>",
            "block `a` is defined twice (in t:1:42)",
        ),
        (
            "<% for i in x %><% extends 'p' %><% end %>",
            "`extends` must stand at the top of a template, not inside of a loop (in t:1:17)",
        ),
        (
            "<% block b %><% extends 'p' %><% end %>",
            "`extends` must stand at the top of a template, not inside of a block (in t:1:14)",
        ),
        (
            "<% for i in x %><% set loop = 1 %><% end %>",
            "`loop` is the loop's own variable and cannot be assigned; use another name (in t:1:24)",
        ),
        (
            "<% macro m(caller) %><< caller() >><% end %>",
            "the parameter `caller` needs a default, or must not be listed: a `call` block sets it \
             (in t:1:12)",
        ),
        (
            "<% match x %><% case [a, a] %><% end %>",
            "the pattern binds `a` twice (in t:1:26)",
        ),
        (
            "<% match x %><% case [a] | b %><% end %>",
            "the alternatives of a pattern must bind the same names, but not all bind `b` (in t:1:28)",
        ),
    ] {
        assert_eq!(error(source), (ErrorKind::Compile, expected.to_owned()));
    }
}

/// What a program cannot hold is refused; what only looks large is not.
#[test]
fn sizes() {
    let many: String = (0..40_000).map(|i| format!("<< v{i} >>")).collect();
    let (kind, text) = error(&many);
    assert_eq!(kind, ErrorKind::Compile);
    assert!(
        text.starts_with("too many variables: at most 32767 are possible"),
        "{text}"
    );
    let (_, text) = error(&format!("<< f({}) >>", vec!["x"; 70_000].join(",")));
    assert!(text.starts_with("too many arguments"), "{text}");
    for source in [
        "<% for a in b %><% endfor %>".repeat(40_000),
        format!("<< [{}] >>", vec!["x"; 70_000].join(",")),
        format!("<< {} >>", vec!["x"; 70_000].join("~")),
        format!("<< x{} >>", "?.a".repeat(70_000)),
    ] {
        assert!(program(&source).is_ok());
    }
}

/// Waits and references are listed as a reader would name them.
#[test]
fn waits_and_references() {
    let program = program(
        "<< await a.b(1)[2] >><< (await 1) ~ (x | await join(await y())) >>\
         <% include ['a', 'b'] %><% extends x %><% import 'm' as m %><< await z >>",
    )
    .expect("it compiles");
    let waits: Vec<&str> = program
        .waits
        .iter()
        .map(|wait| wait.construct.as_str())
        .collect();
    // What is written after `extends` never runs.
    assert_eq!(
        waits,
        ["await a.b(…)[…]", "await …", "| await join", "await y()"]
    );
    let names: Vec<Option<usize>> = program
        .references
        .iter()
        .map(|reference| reference.names.as_ref().map(Vec::len))
        .collect();
    assert_eq!(names, [Some(2), None, Some(1)]);
}

/// A branch has copies of the slots that it names, by numbers of its own.
#[test]
fn branches() {
    check(
        "<% set a = 1 %><% set b = 2 %><% parallel %><% set c = await f(b) %><< c >><% end %>",
        r#"
        template: slots 4, cells 0, stack 2
            0  LoadInteger 1
            1  StoreLocal 0
            2  ExportLocal 0 a
            3  LoadInteger 2
            4  StoreLocal 1
            5  ExportLocal 1 b
            6  LoadNone
            7  EnterParallel
            8  BeginBranch 0 16 sees [3, 1, 2] sets [2]
            9  LoadRoot 0 f
            10  LoadLocal 1 b
            11  CallFunction (_)
            12  Await
            13  StoreLocal 2
            14  ExportLocal 2 c
            15  EndBranch 0
            16  BeginBranch 1 19 sees [2] after 0 0->0
            17  EmitLocal 0 c
            18  EndBranch 1
            19  ExitParallel
            20  Return
        "#,
    );
}

/// What branches copy, wait for and take over grows with what they name, not with how many there are.
#[test]
fn branches_are_linear_in_their_number() {
    let size = |branch: &dyn Fn(usize) -> String, count| {
        let branches: String = (0..count).map(branch).collect();
        let program = program(&format!(
            "<% macro m() %><< shared >><% end %><% parallel %>{branches}<% end %>"
        ));
        let sites = program.expect("it compiles").branches;
        assert_eq!(sites.len(), count);
        sites
            .iter()
            .map(|site| {
                let after = site.after.iter().map(|earlier| 1 + earlier.takes.len());
                let slots = site.slots.as_ref().map_or(usize::MAX, Vec::len);
                slots + site.writes.len() + after.sum::<usize>()
            })
            .sum::<usize>()
    };
    let kinds: [&dyn Fn(usize) -> String; 5] = [
        &|n| format!("<% set x{n} = await f(1) %>"),
        &|n| format!("<% set x{n} = await f(x{}) %>", n.saturating_sub(1)),
        &|_| "<% set x = await f(x) %>".to_owned(),
        &|_| "<% set shared = await f(shared) %>".to_owned(),
        &|n| format!("<% for y in await f({n}) %><% set z = y %><< z >><% end %>"),
    ];
    for branch in kinds {
        let (few, more) = (size(branch, 100), size(branch, 400));
        assert!(few < 1000, "{}: {few}", branch(1));
        assert!(more <= 4 * few + 16, "{}: {few}, {more}", branch(1));
    }
}

/// The verifier finds each kind of fault that it knows.
#[test]
fn verifier() {
    let source = "<% for a in b %><< a >><% end %><< c >>";
    let spoilt = |spoil: fn(&mut Program)| {
        let mut program = program(source).expect("it compiles");
        spoil(&mut program);
        program.verify()
    };
    // 0 LoadRoot, 1 EnterLoop, 2 NextItem, 3 StoreLocal, 4 EmitLocal, 5 JumpBack, 6 ExitLoop, …
    assert_eq!(spoilt(|_| {}), Ok(()));
    assert_eq!(
        spoilt(|p| p.code[3] = Instruction::StoreLocal(Slot(99))),
        Err(VerifyFault::Operand(3))
    );
    assert_eq!(
        spoilt(|p| p.code[5] = Instruction::Jump(Label(2))),
        Err(VerifyFault::Target(5))
    );
    assert_eq!(
        spoilt(|p| p.code[5] = Instruction::JumpBack(Label(3))),
        Err(VerifyFault::Join(3))
    );
    assert_eq!(
        spoilt(|p| p.code[2] = Instruction::NextItem(Label(99))),
        Err(VerifyFault::Target(2))
    );
    assert_eq!(
        spoilt(|p| p.code[3] = Instruction::Add),
        Err(VerifyFault::Stack(3))
    );
    assert_eq!(
        spoilt(|p| p.code[6] = Instruction::Flush),
        Err(VerifyFault::Balance(8))
    );
    assert_eq!(spoilt(|p| p.spans.clear()), Err(VerifyFault::Spans));
    assert_eq!(
        spoilt(|p| p.units[0].end = Label(3)),
        Err(VerifyFault::Units(1))
    );
}
