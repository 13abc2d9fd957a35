//! Filters that sort and group.

use super::check;

#[test]
fn ordering_filters_answer_as_in_jinja() {
    check(&[
        ("['a','B','c']|sort", "['a', 'B', 'c']"),
        (
            "['a','B','A','b']|sort(reverse=true)",
            "['B', 'b', 'a', 'A']",
        ),
        ("['a','B']|sort(case_sensitive=true)", "['B', 'a']"),
        ("['b','a']|sort(true)", "['b', 'a']"),
        ("[3,1,2]|sort", "[1, 2, 3]"),
        ("[3,1.5,true]|sort", "[True, 1.5, 3]"),
        ("[1,'a']|sort", "error"),
        ("[none,1]|sort", "error"),
        (
            "[{'a':1,'b':2},{'a':1,'b':1}]|sort(attribute='a,b')",
            "[{'a': 1, 'b': 1}, {'a': 1, 'b': 2}]",
        ),
        (
            "[{'a':2,'b':1},{'a':1,'b':2}]|sort(attribute='b')",
            "[{'a': 2, 'b': 1}, {'a': 1, 'b': 2}]",
        ),
        (
            "[{'a':{'c':2}},{'a':{'c':1}}]|sort(attribute='a.c')",
            "[{'a': {'c': 1}}, {'a': {'c': 2}}]",
        ),
        ("[[2,'x'],[1,'y']]|sort", "[[1, 'y'], [2, 'x']]"),
        (
            "[[2,'x'],[1,'y']]|sort(attribute=1,reverse=true)",
            "[[1, 'y'], [2, 'x']]",
        ),
        ("['Z','é','e']|sort", "['e', 'Z', 'é']"),
        ("'bca'|sort", "['a', 'b', 'c']"),
        ("{'b':1,'a':2}|sort", "['a', 'b']"),
        ("missing|sort", "[]"),
        ("5|sort", "error"),
        (
            "[(1,'b'),(1,'a')]|sort(attribute='0')",
            "[(1, 'b'), (1, 'a')]",
        ),
        ("['b','B','a']|unique", "['b', 'a']"),
        ("['b','B','a']|unique(true)", "['b', 'B', 'a']"),
        ("[1,1.0,true]|unique", "[1]"),
        ("[[1]]|unique", "error"),
        ("[(1,),(1,)]|unique", "[(1,)]"),
        (
            "[{'a':1},{'a':1},{'a':2}]|unique(attribute='a')",
            "[{'a': 1}, {'a': 2}]",
        ),
        ("'aAb'|unique", "['a', 'b']"),
        ("['b','A']|min", "'A'"),
        ("['b','A']|max", "'b'"),
        ("['b','A']|min(true)", "'A'"),
        ("['b','A']|max(case_sensitive=true)", "'b'"),
        ("[]|max", "undefined"),
        ("[]|min", "undefined"),
        ("[3,1,2]|min", "1"),
        ("[3,1,2.5]|max", "3"),
        ("[1,'a']|min", "error"),
        ("[{'a':2},{'a':1}]|max(attribute='a')", "{'a': 2}"),
        ("[{'a':2},{'a':1}]|min(attribute='a')", "{'a': 1}"),
        ("missing|max", "undefined"),
        ("'bca'|max", "'c'"),
        ("[{'a':'x'},{'a':'X'},{'b':1}]|groupby('a')", "error"),
        (
            "[{'a':'x'},{'a':'X'},{'b':1}]|groupby('a',default='q')",
            "[('q', [{'b': 1}]), ('x', [{'a': 'x'}, {'a': 'X'}])]",
        ),
        (
            "[{'a':'x'},{'a':'X'}]|groupby('a',case_sensitive=true)",
            "[('X', [{'a': 'X'}]), ('x', [{'a': 'x'}])]",
        ),
        (
            "[{'a':'x'},{'a':'y'},{'a':'x'}]|groupby('a')",
            "[('x', [{'a': 'x'}, {'a': 'x'}]), ('y', [{'a': 'y'}])]",
        ),
        ("[{'a':1},{'a':'x'}]|groupby('a')", "error"),
        (
            "[['a',1],['b',2],['a',3]]|groupby(0)",
            "[('a', [['a', 1], ['a', 3]]), ('b', [['b', 2]])]",
        ),
        ("[]|groupby('a')", "[]"),
        ("[{'a':1}]|groupby", "error"),
        ("[{'a':{'b':1}}]|groupby('a.b')", "[(1, [{'a': {'b': 1}}])]"),
        ("{'b':1,'A':2}|dictsort", "[('A', 2), ('b', 1)]"),
        ("{'b':1,'A':2}|dictsort(true)", "[('A', 2), ('b', 1)]"),
        ("{'b':1,'A':2}|dictsort(by='value')", "[('b', 1), ('A', 2)]"),
        (
            "{'b':1,'A':2}|dictsort(by='value',reverse=true)",
            "[('A', 2), ('b', 1)]",
        ),
        ("{'b':1,'A':2}|dictsort(by='x')", "error"),
        (
            "{'b':'Z','A':'y'}|dictsort(false,'value')",
            "[('A', 'y'), ('b', 'Z')]",
        ),
        ("{}|dictsort", "[]"),
        ("[1]|dictsort", "error"),
        ("{1:1,'a':2}|dictsort", "error"),
        ("[none,none]|sort", "[None, None]"),
        ("[missing,missing]|sort", "[Undefined, Undefined]"),
        ("[none,none].sort()", "error"),
        ("{1:none,2:none}|dictsort(by='value')", "error"),
        ("[nan,1,nan]|sort", "[nan, 1, nan]"),
        (
            "[{'a':'x'},{'a':'y'}]|groupby('a')|tojson",
            "Markup('[[\"x\", [{\"a\": \"x\"}]], [\"y\", [{\"a\": \"y\"}]]]')",
        ),
        (
            "[{'a':'x'},{'a':'y'}]|groupby('a')|map(attribute='grouper')",
            "['x', 'y']",
        ),
        (
            "[{'a':'x'},{'a':'y'}]|groupby('a')|map('last')",
            "[[{'a': 'x'}], [{'a': 'y'}]]",
        ),
        ("[{'a':'x'},{'a':'y'}]|groupby('a')|map('length')", "[2, 2]"),
        (
            "[{'a':'x'},{'a':'y'}]|groupby('a')|map(attribute=1)",
            "[[{'a': 'x'}], [{'a': 'y'}]]",
        ),
        (
            "dict([{'a':'x'},{'a':'y'}]|groupby('a'))",
            "{'x': [{'a': 'x'}], 'y': [{'a': 'y'}]}",
        ),
        (
            "[{'a':'x'},{'a':'y'}]|groupby('a')|pprint",
            "\"[('x', [{'a': 'x'}]), ('y', [{'a': 'y'}])]\"",
        ),
        ("[{'a':'x'}]|groupby('a')|first|list", "['x', [{'a': 'x'}]]"),
    ]);
}
