//! The machine that a thread keeps for its next synchronous render: making one and its stack costs as much as a
//! small template.

use std::cell::Cell;

use crate::vm::Machine;

thread_local! {
    /// A machine that has nothing to do, and holds nothing of the render that it was of.
    static SPARE: Cell<Option<Box<Machine>>> = const { Cell::new(None) };
}

/// A machine that has nothing to do.
#[inline(always)]
pub(super) fn take() -> Box<Machine> {
    let spare = SPARE.try_with(Cell::take);
    match spare {
        Ok(Some(machine)) => machine,
        // A template may be rendered within another one, or while the thread ends.
        _ => Box::new(Machine::idle()),
    }
}

/// Keeps a machine whose render has ended, unless it is not worth it.
#[inline(always)]
pub(super) fn keep(mut machine: Box<Machine>) {
    if machine.retire() {
        let _ = SPARE.try_with(|spare| spare.set(Some(machine)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Environment, Object, Value, context};

    /// Shows when it is dropped.
    #[derive(Debug)]
    struct Held(#[expect(dead_code, reason = "counted by the test")] Arc<()>);

    impl Object for Held {}

    #[test]
    fn a_thread_keeps_nothing_of_its_renders() {
        let env = Environment::new();
        let held = Arc::new(());
        let texts = [
            "<< a is defined >><% for b in [a, a] %><% if loop.first %><< b is defined >><% end %><% end %>",
            "<% set b = a %><< b is defined >><% macro m() %><< a is defined >><% end %><< m() >>",
            "<% for b in [a] %><< b.c.d >><% end %>",
        ];
        for text in texts {
            let template = env.template_from_str(text).unwrap();
            for _ in 0..3 {
                let a = Value::from_object(Held(Arc::clone(&held)));
                let _ = template.render(context! { a });
                drop(a);
                assert_eq!(Arc::strong_count(&held), 1, "{text}");
            }
        }
    }

    #[test]
    fn renders_with_the_machine_of_another_are_as_with_their_own() {
        let mut env = Environment::new();
        env.add_template("limited", "<< 'a' * 9 >>");
        env.add_template(
            "loops",
            "<% for a in range(3) %><% for b in [a] %><< b >><% end %><% end %>",
        );
        env.add_template("fails", "<% for a in [1] %><< a / 0 >><% end %>");
        let limits = crate::Limits {
            output: Some(5),
            ..crate::Limits::default()
        };
        let limited = crate::RenderOptions::new().limits(limits);
        for _ in 0..3 {
            let template = env.template("limited").unwrap();
            let error = template.render_with((), limited.clone()).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::OutputLimit);
            assert_eq!(template.render(()).unwrap(), "aaaaaaaaa");
            assert_eq!(env.render("loops", ()).unwrap(), "012");
            assert!(env.render("fails", ()).is_err());
            assert_eq!(
                env.render_str("<< block_less | default('d') >>", ())
                    .unwrap(),
                "d"
            );
        }
    }
}
