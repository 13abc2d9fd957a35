//! Filters for HTML, addresses, JSON and layout.

use super::check;

#[test]
fn html_filters_answer_as_in_jinja() {
    check(&[
        ("Markup('<b>')|escape", "Markup('<b>')"),
        ("'<b>'|e", "Markup('&lt;b&gt;')"),
        ("'a&b\"c\\'d'|e", "Markup('a&amp;b&#34;c&#39;d')"),
        ("5|escape", "Markup('5')"),
        ("missing|escape", "Markup('')"),
        ("['<']|escape", "Markup('[&#39;&lt;&#39;]')"),
        ("none|e", "Markup('None')"),
        ("Markup('<b>')|forceescape", "Markup('&lt;b&gt;')"),
        ("'<'|forceescape", "Markup('&lt;')"),
        ("none|forceescape", "Markup('None')"),
        ("5|safe", "Markup('5')"),
        ("missing|safe", "Markup('')"),
        ("'<'|safe", "Markup('<')"),
        ("Markup('<b>x</b> &amp;')|striptags", "'x &'"),
        ("'<p>a  b\\n<i>c</i></p>'|striptags", "'a b c'"),
        ("'a<!-- <b> x -->c'|striptags", "'ac'"),
        ("'1 < 2'|striptags", "'1 < 2'"),
        ("'&eacute;&#x41;&#66'|striptags", "'éAB'"),
        ("5|striptags", "'5'"),
        ("'<!<!-- -->-- x -->y'|striptags", "'y'"),
        (
            "{'a':'x y','b':none,'c':missing,'d':1,'e':'<\"'}|xmlattr",
            "' a=\"x y\" d=\"1\" e=\"&lt;&#34;\"' || Markup(' a=\"x y\" d=\"1\" e=\"&lt;&#34;\"')",
        ),
        ("{}|xmlattr", "'' || Markup('')"),
        ("{'a':1}|xmlattr(false)", "'a=\"1\"' || Markup('a=\"1\"')"),
        (
            "{'a':1,'b':2}|xmlattr(autospace=false)",
            "'a=\"1\" b=\"2\"' || Markup('a=\"1\" b=\"2\"')",
        ),
        ("{'a':none}|xmlattr", "'' || Markup('')"),
        ("{'a b':1}|xmlattr", "error"),
        ("{'a>':1}|xmlattr", "error"),
        ("{'a/b':1}|xmlattr", "error"),
        ("{'a=':1}|xmlattr", "error"),
        ("{'a\\t':1}|xmlattr", "error"),
        (
            "{'a\\x1c':1}|xmlattr",
            "' a\\x1c=\"1\"' || Markup(' a\\x1c=\"1\"')",
        ),
        (
            "{Markup('<b'):1}|xmlattr",
            "' <b=\"1\"' || Markup(' <b=\"1\"')",
        ),
        (
            "{'<':Markup('<')}|xmlattr",
            "' &lt;=\"<\"' || Markup(' &lt;=\"<\"')",
        ),
        ("{1:1}|xmlattr", "error"),
        ("missing|xmlattr", "error"),
        ("[1]|xmlattr", "error"),
        ("'a/b c&d=é~'|urlencode", "'a/b%20c%26d%3D%C3%A9~'"),
        ("{'a b':'c/d','e':1}|urlencode", "'a+b=c%2Fd&e=1'"),
        ("[('a',1),('b','x y')]|urlencode", "'a=1&b=x+y'"),
        ("5|urlencode", "'5'"),
        ("none|urlencode", "'None'"),
        ("missing|urlencode", "''"),
        ("[1]|urlencode", "error"),
        ("['ab']|urlencode", "'a=b'"),
        ("''|urlencode", "''"),
        ("{}|urlencode", "''"),
        ("'a+b%_.-~'|urlencode", "'a%2Bb%25_.-~'"),
        (
            "{'a':[1,2.5,none,true,'é<>&\\'\"/\\n']}|tojson",
            "Markup('{\"a\": [1, 2.5, null, true, \"\\\\u00e9\\\\u003c\\\\u003e\\\\u0026\\\\u0027\\\\\"/\\\\n\"]}')",
        ),
        ("{2:1,1:2}|tojson", "Markup('{\"1\": 2, \"2\": 1}')"),
        ("{2:1,'a':2}|tojson", "error"),
        ("{none:1}|tojson", "Markup('{\"null\": 1}')"),
        ("{1.5:1}|tojson", "Markup('{\"1.5\": 1}')"),
        ("{true:1}|tojson", "Markup('{\"true\": 1}')"),
        ("{(1,2):1}|tojson", "error"),
        ("missing|tojson", "error"),
        ("(1,2)|tojson", "Markup('[1, 2]')"),
        ("range(2)|tojson", "error"),
        (
            "{'b':1,'a':[1,{'c':2}],'d':[],'e':{}}|tojson(2)",
            "Markup('{\\n  \"a\": [\\n    1,\\n    {\\n      \"c\": 2\\n    }\\n  ],\\n  \"b\": 1,\\n  \"d\": [],\\n  \"e\": {}\\n}')",
        ),
        (
            "[1,[2]]|tojson(indent='\\t')",
            "Markup('[\\n\\t1,\\n\\t[\\n\\t\\t2\\n\\t]\\n]')",
        ),
        (
            "[1,[2]]|tojson(indent=0)",
            "Markup('[\\n1,\\n[\\n2\\n]\\n]')",
        ),
        (
            "[1,[2]]|tojson(indent=-1)",
            "Markup('[\\n1,\\n[\\n2\\n]\\n]')",
        ),
        ("[1]|tojson(indent=none)", "Markup('[1]')"),
        ("[1]|tojson(indent=true)", "Markup('[\\n 1\\n]')"),
        ("'\\U0001F600'|tojson", "Markup('\"\\\\ud83d\\\\ude00\"')"),
        (
            "'\\x7f\\x00\\x1f\\u2028'|tojson",
            "Markup('\"\\\\u007f\\\\u0000\\\\u001f\\\\u2028\"')",
        ),
        ("inf|tojson", "Markup('Infinity')"),
        ("nan|tojson", "Markup('NaN')"),
        ("1e16|tojson", "Markup('1e+16')"),
        ("1.0|tojson", "Markup('1.0')"),
        ("Markup('<x>')|tojson", "Markup('\"\\\\u003cx\\\\u003e\"')"),
        ("'\"\\\\'|tojson", "Markup('\"\\\\\"\\\\\\\\\"')"),
        ("'%s-%d'|format('a',3)", "'a-3'"),
        ("'%(a)s'|format(a=1)", "'1'"),
        ("'%s'|format(1,a=1)", "error"),
        ("Markup('%s')|format('<')", "Markup('&lt;')"),
        ("Markup('%s')|format(Markup('<'))", "Markup('<')"),
        ("'<%s'|format(Markup('<'))", "'<<'"),
        (
            "'%05.1f|%-4s|%x'|format(3.14159,'a',255)",
            "'003.1|a   |ff'",
        ),
        ("5|format", "'5'"),
        ("'%s'|format", "error"),
        ("'%s'|format((1,2))", "'(1, 2)'"),
        (
            "'see http://example.com/a?b=c&d=e#f.'|urlize",
            "'see <a href=\"http://example.com/a?b=c&amp;d=e#f\" rel=\"noopener\">http://example.com/a?b=c&amp;d=e#f</a>.' || Markup('see <a href=\"http://example.com/a?b=c&amp;d=e#f\" rel=\"noopener\">http://example.com/a?b=c&amp;d=e#f</a>.')",
        ),
        (
            "'(http://example.com/a_(b))'|urlize",
            "'(<a href=\"http://example.com/a_(b)\" rel=\"noopener\">http://example.com/a_(b)</a>)' || Markup('(<a href=\"http://example.com/a_(b)\" rel=\"noopener\">http://example.com/a_(b)</a>)')",
        ),
        (
            "'www.example.com, and example.org'|urlize",
            "'<a href=\"https://www.example.com\" rel=\"noopener\">www.example.com</a>, and <a href=\"https://example.org\" rel=\"noopener\">example.org</a>' || Markup('<a href=\"https://www.example.com\" rel=\"noopener\">www.example.com</a>, and <a href=\"https://example.org\" rel=\"noopener\">example.org</a>')",
        ),
        (
            "'me@example.com and mailto:you@example.com'|urlize",
            "'<a href=\"mailto:me@example.com\">me@example.com</a> and <a href=\"mailto:you@example.com\">you@example.com</a>' || Markup('<a href=\"mailto:me@example.com\">me@example.com</a> and <a href=\"mailto:you@example.com\">you@example.com</a>')",
        ),
        (
            "'http://example.com/looooooong'|urlize(15)",
            "'<a href=\"http://example.com/looooooong\" rel=\"noopener\">http://example....</a>' || Markup('<a href=\"http://example.com/looooooong\" rel=\"noopener\">http://example....</a>')",
        ),
        (
            "'http://example.com'|urlize(nofollow=true)",
            "'<a href=\"http://example.com\" rel=\"nofollow noopener\">http://example.com</a>' || Markup('<a href=\"http://example.com\" rel=\"nofollow noopener\">http://example.com</a>')",
        ),
        (
            "'http://example.com'|urlize(target='_blank',rel='x y')",
            "'<a href=\"http://example.com\" rel=\"noopener x y\" target=\"_blank\">http://example.com</a>' || Markup('<a href=\"http://example.com\" rel=\"noopener x y\" target=\"_blank\">http://example.com</a>')",
        ),
        (
            "'http://example.com'|urlize(none,true,'<t>')",
            "'<a href=\"http://example.com\" rel=\"nofollow noopener\" target=\"&lt;t&gt;\">http://example.com</a>' || Markup('<a href=\"http://example.com\" rel=\"nofollow noopener\" target=\"&lt;t&gt;\">http://example.com</a>')",
        ),
        (
            "'ftp://example.com tel:123'|urlize(extra_schemes=['ftp://','tel:'])",
            "'<a href=\"ftp://example.com\" rel=\"noopener\">ftp://example.com</a> <a href=\"tel:123\" rel=\"noopener\">tel:123</a>' || Markup('<a href=\"ftp://example.com\" rel=\"noopener\">ftp://example.com</a> <a href=\"tel:123\" rel=\"noopener\">tel:123</a>')",
        ),
        ("'x'|urlize(extra_schemes=['x'])", "error"),
        (
            "'<b>http://example.com</b>'|urlize",
            "'&lt;b&gt;http://example.com&lt;/b&gt;' || Markup('&lt;b&gt;http://example.com&lt;/b&gt;')",
        ),
        (
            "Markup('<b>http://example.com</b>')|urlize",
            "'<b>http://example.com</b>' || Markup('<b>http://example.com</b>')",
        ),
        (
            "'http://localhost:8080/x https://10.0.0.1 http://[::1]:80/ http://[1:2:3]'|urlize",
            "'<a href=\"http://localhost:8080/x\" rel=\"noopener\">http://localhost:8080/x</a> <a href=\"https://10.0.0.1\" rel=\"noopener\">https://10.0.0.1</a> <a href=\"http://[::1]:80/\" rel=\"noopener\">http://[::1]:80/</a> <a href=\"http://[1:2:3]\" rel=\"noopener\">http://[1:2:3]</a>' || Markup('<a href=\"http://localhost:8080/x\" rel=\"noopener\">http://localhost:8080/x</a> <a href=\"https://10.0.0.1\" rel=\"noopener\">https://10.0.0.1</a> <a href=\"http://[::1]:80/\" rel=\"noopener\">http://[::1]:80/</a> <a href=\"http://[1:2:3]\" rel=\"noopener\">http://[1:2:3]</a>')",
        ),
        (
            "'example.comm example.co.uk foo.net:80/x a.com http://a1 http://xn--p1ai'|urlize",
            "'example.comm example.co.uk <a href=\"https://foo.net:80/x\" rel=\"noopener\">foo.net:80/x</a> a.com http://a1 <a href=\"http://xn--p1ai\" rel=\"noopener\">http://xn--p1ai</a>' || Markup('example.comm example.co.uk <a href=\"https://foo.net:80/x\" rel=\"noopener\">foo.net:80/x</a> a.com http://a1 <a href=\"http://xn--p1ai\" rel=\"noopener\">http://xn--p1ai</a>')",
        ),
        (
            "'@a@b.com a@b c@d.e, x:a@b.com <http://a.bc>'|urlize",
            "'@a@b.com a@b <a href=\"mailto:c@d.e\">c@d.e</a>, x:a@b.com &lt;<a href=\"http://a.bc\" rel=\"noopener\">http://a.bc</a>&gt;' || Markup('@a@b.com a@b <a href=\"mailto:c@d.e\">c@d.e</a>, x:a@b.com &lt;<a href=\"http://a.bc\" rel=\"noopener\">http://a.bc</a>&gt;')",
        ),
        (
            "'HTTP://EXAMPLE.COM Www.Example.Com EXAMPLE.Org'|urlize",
            "'<a href=\"https://HTTP://EXAMPLE.COM\" rel=\"noopener\">HTTP://EXAMPLE.COM</a> <a href=\"https://Www.Example.Com\" rel=\"noopener\">Www.Example.Com</a> <a href=\"https://EXAMPLE.Org\" rel=\"noopener\">EXAMPLE.Org</a>' || Markup('<a href=\"https://HTTP://EXAMPLE.COM\" rel=\"noopener\">HTTP://EXAMPLE.COM</a> <a href=\"https://Www.Example.Com\" rel=\"noopener\">Www.Example.Com</a> <a href=\"https://EXAMPLE.Org\" rel=\"noopener\">EXAMPLE.Org</a>')",
        ),
        (
            "'a\\n\\thttp://x.yz\\n'|urlize",
            "'a\\n\\t<a href=\"http://x.yz\" rel=\"noopener\">http://x.yz</a>\\n' || Markup('a\\n\\t<a href=\"http://x.yz\" rel=\"noopener\">http://x.yz</a>\\n')",
        ),
        ("5|urlize", "'5' || Markup('5')"),
        (
            "'http://example.com)) ((http://example.com/(x)'|urlize",
            "'<a href=\"http://example.com\" rel=\"noopener\">http://example.com</a>)) ((<a href=\"http://example.com/(x)\" rel=\"noopener\">http://example.com/(x)</a>' || Markup('<a href=\"http://example.com\" rel=\"noopener\">http://example.com</a>)) ((<a href=\"http://example.com/(x)\" rel=\"noopener\">http://example.com/(x)</a>')",
        ),
        (
            "'http://a.bc...,'|urlize",
            "'<a href=\"http://a.bc\" rel=\"noopener\">http://a.bc</a>...,' || Markup('<a href=\"http://a.bc\" rel=\"noopener\">http://a.bc</a>...,')",
        ),
        ("[1,2,3]|pprint", "'[1, 2, 3]'"),
        (
            "{'b':1,'a':(1,),'c':[]}|pprint",
            "\"{'a': (1,), 'b': 1, 'c': []}\"",
        ),
        ("'x'|pprint", "\"'x'\""),
        (
            "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','ccccccccccccccccc']|pprint",
            "\"['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',\\n 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',\\n 'ccccccccccccccccc']\"",
        ),
        (
            "{'key':['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'],'other':{'nested':'value','deep':(1,2,3)}}|pprint",
            "\"{'key': ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',\\n         'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'],\\n 'other': {'deep': (1, 2, 3), 'nested': 'value'}}\"",
        ),
        (
            "'the quick brown fox jumps over the lazy dog, the quick brown fox jumps over the lazy dog again'|pprint",
            "\"('the quick brown fox jumps over the lazy dog, the quick brown fox jumps over '\\n 'the lazy dog again')\"",
        ),
        (
            "['the quick brown fox jumps over the lazy dog, the quick brown fox jumps over the lazy dog again',1]|pprint",
            "\"['the quick brown fox jumps over the lazy dog, the quick brown fox jumps over '\\n 'the lazy dog again',\\n 1]\"",
        ),
        (
            "('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',)|pprint",
            "\"('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',)\"",
        ),
        (
            "'line one\\nline two which is quite a bit longer than the first line of this string, is it not\\n'|pprint",
            "\"('line one\\\\n'\\n 'line two which is quite a bit longer than the first line of this string, is '\\n 'it not\\\\n')\"",
        ),
    ]);
}
