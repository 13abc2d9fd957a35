//! Tokens: what the lexer gives the parser.

/// A token of a template.
///
/// Text, names and literals are what the source has between the token's offsets; the builder decodes them. So
/// a token is two bytes, and cheap to hand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Template text, trimmed, before its newlines are normalised.
    Text,
    OutputStart,
    OutputEnd,
    /// A tag's start delimiter and name in one, whatever the delimiters and trim marks.
    Tag(Tag),
    /// The end of a tag or of a line statement.
    TagEnd,
    Name,
    Keyword(Keyword),
    /// As written, with prefix and underscores.
    Integer,
    Float,
    /// As written, with its quotes.
    String,
    Symbol(Symbol),
}

impl Token {
    /// The kind of the token, and how it is spelled; `written` is its text in the source.
    pub(crate) fn describe(self, written: &str) -> String {
        match self {
            Token::Text => format!("text {written:?}"),
            Token::OutputStart => "output start".into(),
            Token::OutputEnd => "output end".into(),
            Token::Tag(tag) => format!("tag {}", tag.spelling()),
            Token::TagEnd => "tag end".into(),
            Token::Name => format!("name {written}"),
            Token::Keyword(keyword) => format!("keyword {}", keyword.spelling()),
            Token::Integer => format!("integer {written}"),
            Token::Float => format!("float {written}"),
            Token::String => format!("string {written}"),
            Token::Symbol(symbol) => format!("symbol {}", symbol.spelling()),
        }
    }
}

const _: () = assert!(size_of::<Token>() == 2);

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
