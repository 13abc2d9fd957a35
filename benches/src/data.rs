//! What the workloads render.
//!
//! No text holds quotes, slashes, backticks or equals signs, which the engines escape differently.

use std::sync::LazyLock;

use serde::Serialize;

#[derive(Serialize)]
pub struct Hello {
    pub name: String,
}

#[derive(Serialize)]
pub struct Teams {
    pub year: u16,
    pub teams: Vec<Team>,
}

#[derive(Serialize)]
pub struct Team {
    pub name: String,
    pub score: u8,
}

#[derive(Serialize)]
pub struct BigTable {
    pub table: Vec<Vec<u32>>,
}

#[derive(Serialize)]
pub struct Page {
    pub site: String,
    pub title: String,
    pub footer: String,
    pub links: Vec<Link>,
    pub products: Vec<Product>,
}

#[derive(Serialize)]
pub struct Link {
    pub url: String,
    pub text: String,
}

#[derive(Serialize)]
pub struct Product {
    pub name: String,
    pub url: String,
    pub description: String,
    pub tags: Vec<String>,
    pub price: u32,
    pub stock: u32,
    pub sale: bool,
}

#[derive(Serialize)]
pub struct Texts {
    pub texts: Vec<String>,
}

#[derive(Serialize)]
pub struct Items {
    pub items: Vec<Item>,
}

#[derive(Serialize)]
pub struct Item {
    pub name: String,
    pub tags: Vec<String>,
}

#[derive(Serialize)]
pub struct Chat {
    pub messages: Vec<Message>,
    pub add_generation_prompt: bool,
}

#[derive(Serialize)]
pub struct Message {
    pub role: String,
    pub content: String,
}

#[derive(Serialize)]
pub struct Compile {
    pub item: CompileItem,
}

#[derive(Serialize)]
pub struct CompileItem {
    pub title: String,
    pub sale: bool,
    pub price: u32,
    pub note: String,
    pub tags: Vec<String>,
}

/// The data of all workloads.
pub struct Data {
    pub hello: Hello,
    pub teams: Teams,
    pub big_table: BigTable,
    pub page: Page,
    pub escape_heavy: Texts,
    pub filters: Items,
    pub chat: Chat,
    /// `chat` as it comes from a request.
    pub chat_json: serde_json::Value,
    pub compile: Compile,
}

/// The data of all workloads, made once.
pub static DATA: LazyLock<Data> = LazyLock::new(|| {
    let chat = chat();
    let chat_json = serde_json::to_value(&chat).expect("a conversation is JSON");
    Data {
        hello: Hello {
            name: "World".into(),
        },
        teams: teams(),
        big_table: BigTable {
            table: (0..100)
                .map(|row| (0..100).map(|column| row * column).collect())
                .collect(),
        },
        page: page(),
        escape_heavy: Texts {
            texts: (0..1000).map(escape_heavy).collect(),
        },
        filters: Items {
            items: (0..1000).map(item).collect(),
        },
        chat,
        chat_json,
        compile: Compile {
            item: CompileItem {
                title: "An item".into(),
                sale: true,
                price: 42,
                note: "sold out".into(),
                tags: vec!["new".into(), "red".into()],
            },
        },
    }
});

fn teams() -> Teams {
    let team = |name: &str, score| Team {
        name: name.into(),
        score,
    };
    Teams {
        year: 2015,
        teams: vec![
            team("Jiangsu", 43),
            team("Beijing", 27),
            team("Guangzhou", 22),
            team("Shandong", 12),
        ],
    }
}

fn page() -> Page {
    let links = ["Home", "New & hot", "Tables", "Chairs", "Lamps", "About us"];
    Page {
        site: "Wood & Sons".into(),
        title: "All our products".into(),
        footer: "Wood & Sons, since 1907".into(),
        links: links
            .iter()
            .enumerate()
            .map(|(n, text)| Link {
                url: format!("?section-{n}"),
                text: (*text).into(),
            })
            .collect(),
        products: (0..50).map(product).collect(),
    }
}

fn product(n: u32) -> Product {
    let names = ["Chair", "Table & bench", "Lamp <round>", "Shelf", "Bed"];
    Product {
        name: format!("{} no. {n}", names[n as usize % names.len()]),
        url: format!("?product-{n}"),
        description: format!(
            "Made of oak, {n} cm high & {} cm wide; weighs < {} kg and comes in four colours.",
            n + 20,
            n % 7 + 3
        ),
        tags: vec!["oak".into(), format!("size {}", n % 4), "hand made".into()],
        price: n * 13 + 20,
        stock: n % 9,
        sale: n.is_multiple_of(4),
    }
}

/// 100 characters of which 5 have to be escaped.
fn escape_heavy(n: usize) -> String {
    let words = "the quick brown fox jumps over the lazy dog while nobody looks at all ";
    let mut text: Vec<char> = words.chars().cycle().skip(n % 17).take(100).collect();
    for (k, special) in ['<', '>', '&', '<', '&'].into_iter().enumerate() {
        text[(n * 7 + k * 20) % 100] = special;
    }
    text.into_iter().collect()
}

fn item(n: usize) -> Item {
    let names = ["  Garden table", "Armchair ", " Bath mat ", "Lampshade"];
    Item {
        name: format!(
            "{}{}",
            names[n % names.len()],
            if n.is_multiple_of(2) { "" } else { "  " }
        ),
        tags: vec!["Oak".into(), "LARGE".into(), format!("No{n}")],
    }
}

fn chat() -> Chat {
    let sentence = "Could you tell me how the tide comes to know when it has to turn? ";
    Chat {
        messages: (0..40)
            .map(|n| Message {
                role: if n % 2 == 0 { "user" } else { "assistant" }.into(),
                content: format!("{} {}", sentence.repeat(n % 5 + 1), n),
            })
            .collect(),
        add_generation_prompt: true,
    }
}

/// Source of about `bytes` bytes: `chunk` over and over, without a line feed at its end, which some engines drop.
pub fn source_of(chunk: &str, bytes: usize) -> String {
    let source = chunk.repeat(bytes.div_ceil(chunk.len()));
    source.trim_end().to_owned()
}

/// How large the source of the workload `compile` is.
pub const COMPILE_BYTES: usize = 1_000_000;
