//! What the workloads cost in Rust written for them alone: about the least that is possible.

use super::Entries;
use crate::data::{BigTable, Chat, DATA, Hello, Items, Page, Teams, Texts};
use crate::escape::escape_into;

fn push_number(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

fn hello(data: &Hello) -> String {
    let mut out = String::with_capacity(32);
    out.push_str("Hello ");
    escape_into(&mut out, &data.name);
    out.push('!');
    out
}

fn teams(data: &Teams) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<html>\n  <head><title>");
    push_number(&mut out, data.year);
    out.push_str("</title></head>\n  <body>\n    <h1>CSL ");
    push_number(&mut out, data.year);
    out.push_str("</h1>\n    <ul>");
    for (index, team) in data.teams.iter().enumerate() {
        out.push_str("\n      <li class=\"");
        if index == 0 {
            out.push_str("champion");
        }
        out.push_str("\">\n        <b>");
        escape_into(&mut out, &team.name);
        out.push_str("</b>: ");
        push_number(&mut out, team.score);
        out.push_str("\n      </li>");
    }
    out.push_str("\n    </ul>\n  </body>\n</html>");
    out
}

fn big_table(data: &BigTable) -> String {
    let mut out = String::with_capacity(160 * 1024);
    out.push_str("<table>");
    for row in &data.table {
        out.push_str("<tr>");
        for column in row {
            out.push_str("<td>");
            push_number(&mut out, *column);
            out.push_str("</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    out
}

fn page(data: &Page) -> String {
    let mut out = String::with_capacity(16 * 1024);
    out.push_str("<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>");
    escape_into(&mut out, &data.title);
    out.push_str(" - ");
    escape_into(&mut out, &data.site);
    out.push_str("</title></head>\n<body><header><nav>");
    for link in &data.links {
        out.push_str("<a href=\"");
        escape_into(&mut out, &link.url);
        out.push_str("\">");
        escape_into(&mut out, &link.text);
        out.push_str("</a>");
    }
    out.push_str("</nav></header>\n<main><h1>");
    escape_into(&mut out, &data.title.to_uppercase());
    out.push_str("</h1>\n<ul>");
    for product in &data.products {
        out.push_str("<li class=\"product");
        if product.sale {
            out.push_str(" sale");
        }
        out.push_str("\"><a href=\"");
        escape_into(&mut out, &product.url);
        out.push_str("\"><h2>");
        escape_into(&mut out, &product.name);
        out.push_str("</h2></a>\n<p>");
        escape_into(&mut out, &product.description);
        out.push_str("</p>\n<p>");
        for (index, tag) in product.tags.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            escape_into(&mut out, tag);
        }
        out.push_str(": ");
        push_number(&mut out, product.price);
        out.push_str(" EUR</p><span class=\"badge stock\">");
        push_number(&mut out, product.stock);
        out.push_str(" left</span></li>\n");
    }
    out.push_str("</ul>\n<p>");
    push_number(&mut out, data.products.len());
    out.push_str(" products</p></main>\n<footer>");
    escape_into(&mut out, &data.footer);
    out.push_str("</footer></body></html>");
    out
}

fn escape_heavy(data: &Texts) -> String {
    let mut out = String::with_capacity(160 * 1024);
    for text in &data.texts {
        out.push_str("<p>");
        escape_into(&mut out, text);
        out.push_str("</p>\n");
    }
    out
}

fn filters(data: &Items) -> String {
    let mut out = String::with_capacity(64 * 1024);
    for item in &data.items {
        out.push_str("<li>");
        for c in item.name.trim().chars().flat_map(char::to_uppercase) {
            match c {
                'A' => out.push('4'),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                other => out.push(other),
            }
        }
        out.push_str(": ");
        for (index, tag) in item.tags.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            escape_into(&mut out, &tag.to_lowercase());
        }
        out.push_str(" (");
        push_number(&mut out, item.tags.len());
        out.push_str(")</li>\n");
    }
    out
}

fn interp() -> String {
    let mut out = String::with_capacity(16 * 1024);
    for i in 0..10000_u64 {
        if (i * 3 + 1) % 7 == 0 {
            push_number(&mut out, i);
            out.push(' ');
        }
    }
    out
}

fn chat(data: &Chat) -> String {
    let mut out = String::with_capacity(16 * 1024);
    for (index, message) in data.messages.iter().enumerate() {
        if index == 0 && message.role != "system" {
            out.push_str("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n");
        }
        out.push_str("<|im_start|>");
        out.push_str(&message.role);
        out.push('\n');
        let content = message.content.as_str();
        let is_answer = message.role == "assistant";
        out.push_str(if is_answer { content.trim() } else { content });
        out.push_str("<|im_end|>\n");
    }
    if data.add_generation_prompt {
        out.push_str("<|im_start|>assistant\n");
    }
    out
}

pub(super) fn entries() -> Entries {
    let mut entries = Entries::new("hand");
    entries.render("hello", || hello(&DATA.hello));
    entries.render("teams", || teams(&DATA.teams));
    entries.render("big_table", || big_table(&DATA.big_table));
    entries.render("page", || page(&DATA.page));
    entries.render("escape_heavy", || escape_heavy(&DATA.escape_heavy));
    entries.render("filters", || filters(&DATA.filters));
    entries.render("interp", interp);
    entries.render("chat", || chat(&DATA.chat));
    entries
}
