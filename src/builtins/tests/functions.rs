//! Functions.

use super::check;

#[test]
fn functions_answer_as_in_jinja() {
    check(&[
        ("range(1,10,3)|list", "[1, 4, 7]"),
        ("range(3,0,-1)|list", "[3, 2, 1]"),
        ("range(5)", "range(0, 5)"),
        ("range(1,5,2)", "range(1, 5, 2)"),
        ("range('a')", "error"),
        ("range(1.5)", "error"),
        ("range()", "error"),
        ("range(1,2,3,4)", "error"),
        ("range(true)", "range(0, 1)"),
        ("range(0,5,0)", "error"),
        ("range(stop=3)", "error"),
        ("range(-5)|list", "[]"),
        ("dict(a=1)", "{'a': 1}"),
        ("dict([('a',1)],b=2)", "{'a': 1, 'b': 2}"),
        ("dict({'a':1},a=2)", "{'a': 2}"),
        ("dict(5)", "error"),
        ("dict('ab')", "error"),
        ("dict(['ab','cd'])", "{'a': 'b', 'c': 'd'}"),
        ("dict([1])", "error"),
        ("dict()", "{}"),
        ("dict({}, {})", "error"),
        ("namespace(a=1)", "<Namespace {'a': 1}>"),
        ("namespace({'a':1},b=2)", "<Namespace {'a': 1, 'b': 2}>"),
        ("namespace([('a',1)]).a", "1"),
        ("namespace(1)", "error"),
        ("namespace().x", "undefined"),
        ("cycler()", "error"),
        ("cycler(1,2).next()", "1"),
        ("cycler(1,2).current", "1"),
        ("cycler(1).reset()", "None"),
        ("joiner()()", "''"),
        ("joiner('x').sep", "'x'"),
        ("lipsum(0)", "Markup('')"),
        ("lipsum(1,false,3,3)", "error"),
        ("lipsum(1,false,0,1)", "'.'"),
    ]);
}
