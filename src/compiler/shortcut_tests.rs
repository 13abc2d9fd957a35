//! Which shortcuts the compiler puts before which instructions, and that the verifier knows the right ones.

use std::sync::Arc;

use crate::bytecode::{Instruction, Program, Slot};
use crate::call::Registry;
use crate::compiler::{CompileOptions, compile};
use crate::error::VerifyFault;
use crate::source::Origin;
use crate::syntax::{Options, parse};
use crate::value::UndefinedPolicy;

fn program(source: &str) -> Program {
    let options = CompileOptions {
        auto_escape: true,
        auto_await: false,
        undefined_policy: UndefinedPolicy::Lenient,
        newline: "\n",
        shortcuts: true,
        concurrency: None,
    };
    let origin = Arc::new(Origin {
        name: "t".into(),
        text: source.into(),
    });
    let tree = parse(&origin, &Options::default()).expect("it parses");
    compile(&tree, origin.clone(), &options, &Registry::new()).expect("it compiles")
}

/// The shortcuts of a template as text.
fn listed(source: &str) -> Vec<String> {
    let text = program(source).to_string();
    let code = program(source).code;
    let lines = text.lines().filter_map(|line| {
        let (address, rest) = line.trim_start().split_once("  ")?;
        let address: usize = address.parse().ok()?;
        code[address].shortens().map(|_| rest.to_owned())
    });
    lines.collect()
}

/// Each pattern has its shortcut, and the longest wins.
#[test]
fn patterns() {
    let cases: [(&str, &[&str]); 12] = [
        ("<< a.b >>", &["EmitField 0 b"]),
        ("<< a.b ~ 1 >>", &["LoadField 0 b"]),
        ("<% if a.b %>x<% end %>", &["TestField 0 b"]),
        ("<% if not a.b %>x<% end %>", &["TestField 0 b"]),
        ("<% if a.b == 'c' %>x<% end %>", &["CompareField 0 b"]),
        ("<% if a.b > 7 %>x<% end %>", &["CompareField 0 b"]),
        ("<% if a %>x<% end %>", &["TestLocal 0"]),
        ("<% if a >= 7 %>x<% end %>", &["CompareLocal 0 >= 7"]),
        (
            "<% if a % 3 == 0 %>x<% end %>",
            &["OperateLocal 0 % 3", "CompareInteger == 0"],
        ),
        (
            "<< a * 2 + 1 >>",
            &["OperateLocal 0 * 2", "OperateInteger + 1"],
        ),
        ("<% for x in 1..5 %><% end %>", &["NextItemInto 0"]),
        // `in` is no order, and a chain of comparisons keeps its operands.
        ("<% if a in 7 %><% end %><% if 1 < a < 7 %><% end %>", &[]),
    ];
    for (source, expected) in cases {
        assert_eq!(listed(source), expected, "{source}");
    }
}

/// A jump to the middle of a pattern keeps it from being shortened.
#[test]
fn jumps_into_a_pattern() {
    assert_eq!(listed("<< (a or b).c >>"), Vec::<String>::new());
    assert_eq!(
        listed("<< (a if b else c) + 1 >>"),
        ["TestLocal 0", "OperateInteger + 1"]
    );
}

/// A shortcut stands before just what it does.
#[test]
fn verifier() {
    let spoilt = |spoil: fn(&mut Program)| {
        let mut program = program("<< a.b >>");
        spoil(&mut program);
        program.verify()
    };
    // 0 EmitField, 1 LoadRoot, 2 GetAttribute, 3 EmitValue, 4 Return
    assert_eq!(spoilt(|_| {}), Ok(()));
    let wrong = Err(VerifyFault::Operand(0));
    assert_eq!(
        spoilt(|p| p.code[0] = Instruction::TestLocal(Slot(0))),
        wrong
    );
    assert_eq!(spoilt(|p| p.code.swap(2, 3)), wrong);
    assert_eq!(
        spoilt(|p| {
            if let Instruction::EmitField { slot, .. } = &mut p.code[0] {
                slot.0 = 7;
            }
        }),
        wrong
    );
}
