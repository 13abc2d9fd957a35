//! Values that templates tie into cycles: they are gone with their render like all others.

use kakehi::AutoEscape;

use super::generator::Templates;
use super::host::{Driver, Token, environment, poll_and_drop, run};

/// Templates whose values hold themselves, and something of the host's.
const CYCLES: [(&str, &str); 31] = [
    ("<% set l = [held()] %><% do l.append(l) %>", ""),
    (
        "<% set l = [held()] %><% do l.append([(l, {'a': l})]) %>",
        "",
    ),
    ("<% set d = {'h': held()} %><% do d.update(me=d) %>", ""),
    ("<% set ns = namespace(h=held()) %><% set ns.me = ns %>", ""),
    (
        "<% set a = namespace(h=held()) %><% set b = namespace(a=a) %><% set a.b = b %>",
        "",
    ),
    ("<% set l = [held()] %><% do l.append(l.append) %>", ""),
    (
        "<% set d = {'h': held()} %><% do d.update(x=d.update, y=d.items(), z=d.keys()) %>",
        "",
    ),
    (
        "<% set ns = namespace(h=held()) %><% set ns.c = cycler(ns, 1) %>",
        "",
    ),
    ("<% set l = [held()] %><% do l.append(joiner(l)) %>", ""),
    (
        "<% set ns = namespace(h=held()) %><% for i in [ns, ns] %><% set ns.l = loop %><% end %>",
        "",
    ),
    (
        "<% set l = [held()] %><% for r in [1] recursive %><% do l.append(loop) %><% set x = loop %><% end %>",
        "",
    ),
    ("<% set me = self %>", ""),
    (
        "<% set l = [held()] %><% block b %><% do l.append(super) %><% do l.append(self) %><% end %>",
        "",
    ),
    (
        "<% set h = held() %><% macro m() %><< h >><% end %><% set n = m %><< m() >>",
        "",
    ),
    (
        "<% macro m() %><% set l = [held()] %><% macro n() %><< l >><% end %><% do l.append(n) %><% end %><< m() >>",
        "",
    ),
    (
        "<% set l = [held()] %><% macro m() %><% do l.append(caller) %><% end %><% call m() %><< l >><% end %>",
        "",
    ),
    (
        "<% extends 'part' %><% set h = held() %><% macro m() %><< h >><< m is defined >><% end %><% set n = m %>",
        "<% set x = 1 %>",
    ),
    (
        "<% defer %><% set h = held() %><% macro m() %><< h >><< m is defined >><% end %><< await get(1) >><% end %>",
        "",
    ),
    (
        "<% defer %><% set h = held() %><% macro m() %><< h >><< m is defined >><% end %><< await get(1) // 0 >><% end %>",
        "",
    ),
    (
        "<% async for i in [1, 2] concurrent 2 %><% set h = held() %><% macro m() %><< h >><< m is defined >><% end %>\
         << await get(i) >><% end %>",
        "",
    ),
    (
        "<% import 'part' as p with context %>",
        "<% set h = held() %><% macro m() %><< h >><% end %>",
    ),
    (
        "<% from 'part' import m %><% set x = m %>",
        "<% set h = held() %><% macro m() %><< h >><% end %>",
    ),
    (
        "<% set l = [held()] %><% include 'part' %>",
        "<% macro m() %><% end %><% do l.append(m) %>",
    ),
    (
        "<% macro m() %><% set l = [held()] %><% include 'part' %><% end %><< m() >>",
        "<% macro m() %><% end %><% do l.append(m) %>",
    ),
    (
        "<% set ns = namespace(h=held()) %><% set ns.f = get(ns) %>",
        "",
    ),
    (
        "<% set l = [held()] %><% do l.append(later(l, 3)) %><< await get(1) >>",
        "",
    ),
    (
        "<% set ns = namespace(h=held()) %><% set ns.s = numbers(2) %><% set ns.me = [ns] %><< 1 // 0 >>",
        "",
    ),
    (
        "<% set l = [held()] %><% defer %><% macro m() %><< l >><% end %><% do l.append(m) %><< await get(1) >><% end %>",
        "",
    ),
    (
        "<% let l = [held()] %><% include 'part' %><% include 'part' %>",
        "<% set x = l %><% defer %><% macro m() %><< x >><% end %><% do l.append(m) %><< await get(1) >><% end %>",
    ),
    (
        "<% set ns = namespace(h=held()) %><% macro n() %><< ns >><% end %><% defer %><% include 'part' %><% end %>",
        "<% macro m() %><% end %><% set ns.m = m %><% defer %><% set ns.n = [m] %><< await get(2) >><% end %>",
    ),
    (
        "<% set l = [held()] %><% defer %><% macro m() %><< l >><% end %><% do l.append(m) %><% defer %><% do l.append(m) %>\
         << await later(1, 9) >><% end %><< await get(1) // 0 >><% fallback %>x<% end %>",
        "",
    ),
];

#[test]
fn cycles_do_not_outlive_the_render() {
    for (main, part) in CYCLES {
        let sources = vec![("main", main.to_owned()), ("part", part.to_owned())];
        let templates = Templates {
            jinja: false,
            sources,
        };
        let env = environment(&templates, true);
        // Ended, well or with an error; `run` looks at what is left.
        for driver in [
            Driver::Async,
            Driver::Blocking,
            Driver::Torture,
            Driver::Deferring,
        ] {
            run(&env, driver, true);
        }
        // Dropped on the way.
        for driver in [Driver::Torture, Driver::Deferring] {
            let mut env = env.clone();
            if driver == Driver::Deferring {
                env.set_auto_escape(AutoEscape::Always);
            }
            let mut polls = 0;
            while let Some(left) = poll_and_drop(&env, driver, &Token::default(), polls) {
                assert_eq!(left, 0, "{driver:?}, after {polls} polls of {main}");
                polls += 1;
            }
        }
    }
}
