//! Tokens: what the lexer gives the parser.

use std::fmt;

/// A token of a template.
///
/// Literals are slices of the source; the builder decodes them, so that a token is small and `Copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'src> {
    /// Template text, trimmed, before its newlines are normalised.
    Text(&'src str),
    OutputStart,
    OutputEnd,
    /// A tag's start delimiter and name in one, whatever the delimiters and trim marks.
    Tag(Tag),
    /// The end of a tag or of a line statement.
    TagEnd,
    Name(&'src str),
    Keyword(Keyword),
    /// As written, with prefix and underscores.
    Integer(&'src str),
    Float(&'src str),
    /// As written, with its quotes.
    String(&'src str),
    Symbol(Symbol),
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Text(text) => write!(f, "text {text:?}"),
            Token::OutputStart => f.write_str("output start"),
            Token::OutputEnd => f.write_str("output end"),
            Token::Tag(tag) => write!(f, "tag {}", tag.spelling()),
            Token::TagEnd => f.write_str("tag end"),
            Token::Name(name) => write!(f, "name {name}"),
            Token::Keyword(keyword) => write!(f, "keyword {}", keyword.spelling()),
            Token::Integer(digits) => write!(f, "integer {digits}"),
            Token::Float(digits) => write!(f, "float {digits}"),
            Token::String(quoted) => write!(f, "string {quoted}"),
            Token::Symbol(symbol) => write!(f, "symbol {}", symbol.spelling()),
        }
    }
}

/// Makes an enum of words together with their spellings and their lookup.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $spelling:literal $(| $other:literal)*,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            /// Every word, in the order of the table.
            #[allow(dead_code, reason = "not every table of words is listed or looked up")]
            pub(crate) const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// How it is written.
            pub(crate) fn spelling(self) -> &'static str {
                match self { $($name::$variant => $spelling,)* }
            }

            /// The word that is written so.
            #[allow(dead_code, reason = "not every table of words is listed or looked up")]
            pub(crate) fn lookup(text: &str) -> Option<Self> {
                match text {
                    $($spelling $(| $other)* => Some($name::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// The name at the head of a tag.
    Tag {
        If = "if",
        Elif = "elif",
        Else = "else",
        EndIf = "endif",
        Unless = "unless",
        EndUnless = "endunless",
        For = "for",
        AsyncFor = "async for",
        Empty = "empty",
        EndFor = "endfor",
        While = "while",
        EndWhile = "endwhile",
        Match = "match",
        Case = "case",
        EndMatch = "endmatch",
        Break = "break",
        Continue = "continue",
        Set = "set",
        EndSet = "endset",
        Let = "let",
        EndLet = "endlet",
        Capture = "capture",
        EndCapture = "endcapture",
        With = "with",
        EndWith = "endwith",
        Macro = "macro",
        EndMacro = "endmacro",
        Call = "call",
        EndCall = "endcall",
        Filter = "filter",
        EndFilter = "endfilter",
        Spaceless = "spaceless",
        EndSpaceless = "endspaceless",
        Parallel = "parallel",
        EndParallel = "endparallel",
        AutoEscape = "autoescape",
        EndAutoEscape = "endautoescape",
        Try = "try",
        Fallback = "fallback",
        EndTry = "endtry",
        Defer = "defer",
        Placeholder = "placeholder",
        EndDefer = "enddefer",
        Cache = "cache",
        EndCache = "endcache",
        Do = "do",
        Print = "print",
        Flush = "flush",
        Trans = "trans",
        Pluralize = "pluralize",
        EndTrans = "endtrans",
        Block = "block",
        EndBlock = "endblock",
        Extends = "extends",
        Include = "include",
        Import = "import",
        From = "from",
        End = "end",
        // Tags of the host, told apart by their names in the source.
        Own = "own tag",
        OwnBlock = "own block",
        OwnBranch = "own branch",
        EndOwn = "own end",
    }
}

impl Tag {
    /// The closing tag, of a tag that has a body. A `set` or `let` has one only if it assigns nothing.
    pub(crate) fn closer(self) -> Option<Tag> {
        Some(match self {
            Tag::If => Tag::EndIf,
            Tag::Unless => Tag::EndUnless,
            Tag::For | Tag::AsyncFor => Tag::EndFor,
            Tag::While => Tag::EndWhile,
            Tag::Match => Tag::EndMatch,
            Tag::Set => Tag::EndSet,
            Tag::Let => Tag::EndLet,
            Tag::Capture => Tag::EndCapture,
            Tag::With => Tag::EndWith,
            Tag::Macro => Tag::EndMacro,
            Tag::Call => Tag::EndCall,
            Tag::Filter => Tag::EndFilter,
            Tag::Spaceless => Tag::EndSpaceless,
            Tag::Parallel => Tag::EndParallel,
            Tag::AutoEscape => Tag::EndAutoEscape,
            Tag::Try => Tag::EndTry,
            Tag::Defer => Tag::EndDefer,
            Tag::Cache => Tag::EndCache,
            Tag::Block => Tag::EndBlock,
            Tag::Trans => Tag::EndTrans,
            Tag::OwnBlock => Tag::EndOwn,
            _ => return None,
        })
    }

    /// Whether this is a closing tag.
    pub(crate) fn is_closer(self) -> bool {
        self == Tag::EndOwn || self.spelling().starts_with("end")
    }

    /// Whether the tag is one of the host's, whose name is in the source only.
    pub(crate) fn is_own(self) -> bool {
        matches!(
            self,
            Tag::Own | Tag::OwnBlock | Tag::OwnBranch | Tag::EndOwn
        )
    }

    /// The names of the tags of the language.
    pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
        let known = Tag::ALL.iter().filter(|tag| !tag.is_own());
        known.map(|tag| tag.spelling()).chain(["raw", "endraw"])
    }

    /// Whether the tag stands between the parts of a block.
    pub(crate) fn is_divider(self) -> bool {
        matches!(
            self,
            Tag::Elif
                | Tag::Else
                | Tag::Empty
                | Tag::Case
                | Tag::Placeholder
                | Tag::Fallback
                | Tag::Pluralize
                | Tag::OwnBranch
        )
    }
}

words! {
    /// A word with a meaning inside of tags and outputs.
    Keyword {
        And = "and",
        Or = "or",
        Not = "not",
        In = "in",
        Is = "is",
        If = "if",
        Else = "else",
        True = "true" | "True",
        False = "false" | "False",
        None = "none" | "None",
        Await = "await",
        Spawn = "spawn",
        For = "for",
        AsyncFor = "async for",
        By = "by",
        Recursive = "recursive",
        Concurrent = "concurrent",
        Ignore = "ignore",
        Missing = "missing",
        With = "with",
        Without = "without",
        Context = "context",
        As = "as",
        Import = "import",
        Scoped = "scoped",
        Required = "required",
        Timeout = "timeout",
        Trimmed = "trimmed",
        NotTrimmed = "notrimmed",
        Ttl = "ttl",
    }
}

impl Keyword {
    /// Whether the word is one inside of `tag`; elsewhere it is a name like any other.
    ///
    /// `None` stands for an output or a lone expression.
    pub(crate) fn applies(self, tag: Option<Tag>) -> bool {
        match self {
            Keyword::Recursive => matches!(tag, Some(Tag::For | Tag::AsyncFor)),
            Keyword::Concurrent => tag == Some(Tag::AsyncFor),
            Keyword::Ignore | Keyword::Missing => tag == Some(Tag::Include),
            Keyword::With | Keyword::Without | Keyword::Context => {
                matches!(tag, Some(Tag::Include | Tag::Import | Tag::From))
            }
            Keyword::As => matches!(tag, Some(Tag::Import | Tag::From)),
            Keyword::Import => tag == Some(Tag::From),
            Keyword::Scoped | Keyword::Required => tag == Some(Tag::Block),
            Keyword::Timeout => tag == Some(Tag::Try),
            Keyword::Trimmed | Keyword::NotTrimmed => tag == Some(Tag::Trans),
            Keyword::Ttl => tag == Some(Tag::Cache),
            _ => true,
        }
    }
}

words! {
    /// An operator or a bracket.
    Symbol {
        Plus = "+",
        Minus = "-",
        Star = "*",
        StarStar = "**",
        Slash = "/",
        SlashSlash = "//",
        Percent = "%",
        Tilde = "~",
        EqualEqual = "==",
        NotEqual = "!=",
        Less = "<",
        LessEqual = "<=",
        Greater = ">",
        GreaterEqual = ">=",
        Equal = "=",
        NullishEqual = "??=",
        Nullish = "??",
        OptionalDot = "?.",
        OptionalBracket = "?[",
        OptionalPipe = "?|",
        Pipe = "|" | "|>",
        ParenOpen = "(",
        ParenClose = ")",
        BracketOpen = "[",
        BracketClose = "]",
        BraceOpen = "{",
        BraceClose = "}",
        Comma = ",",
        Colon = ":",
        Semicolon = ";",
        Dot = ".",
        DotDot = "..",
        DotDotDot = "...",
    }
}
