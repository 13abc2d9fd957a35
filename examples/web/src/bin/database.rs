//! Templates in a table of a database, which may be edited while the site is up.
//!
//! Including, extending and importing work as with files; a render waits where a template is not there
//! yet. What was compiled is kept, and the database asked by the version whether it still holds.
//!
//! `cargo run --manifest-path examples/web/Cargo.toml --bin database`

use kakehi::{Environment, Error, SqlLoader, TemplateCachePolicy, Value, context};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

const CONTENT: &str = "
    CREATE TABLE templates (name TEXT PRIMARY KEY, source TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1);
    CREATE TRIGGER edited AFTER UPDATE OF source ON templates BEGIN
      UPDATE templates SET version = version + 1 WHERE name = new.name;
    END;
    INSERT INTO templates (name, source) VALUES
      ('layout.html', '<title><% block title %>Shop<% end %></title>
<main><% block main required %><% end %></main>'),
      ('item.html',   '<li><< item.name >>: << await stock(item.id) >> left</li>'),
      ('shop.html',   '<% extends \"layout.html\" %>
<% block title %><< super() >> of << owner >><% end %>
<% block main %><% for item in items %><% include \"item.html\" %><% end %><% end %>');
    CREATE TABLE stock (id INTEGER PRIMARY KEY, pieces INTEGER NOT NULL);
    INSERT INTO stock VALUES (1, 12), (2, 0);
";

/// A database in memory, which lives as long as its one connection.
async fn open() -> Result<SqlitePool, sqlx::Error> {
    let options = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None);
    let pool = options.connect("sqlite::memory:").await?;
    sqlx::raw_sql(CONTENT).execute(&pool).await?;
    Ok(pool)
}

/// How many pieces of an item there are.
async fn stock(pool: SqlitePool, id: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT pieces FROM stock WHERE id = ?")
        .bind(id)
        .fetch_one(&pool)
        .await
}

/// The environment of a site whose templates are in the database.
fn environment(pool: &SqlitePool) -> Environment {
    let mut env = Environment::new();
    let templates = SqlLoader::new(
        pool.clone(),
        "SELECT source, version FROM templates WHERE name = ?",
    );
    env.set_loader(
        templates
            .with_version_query("SELECT version FROM templates WHERE name = ?")
            .with_list_query("SELECT name FROM templates ORDER BY name"),
    );
    env.set_template_cache(TemplateCachePolicy::new().check_always());
    let pool = pool.clone();
    env.add_async_function("stock", move |id: i64| stock(pool.clone(), id));
    env
}

fn shop() -> Value {
    let items = [
        context! { id => 1, name => "Tea <green>" },
        context! { id => 2, name => "Kettle" },
    ];
    context! { owner => "Ann", items }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let pool = open().await.map_err(Error::from_source)?;
    let env = environment(&pool);
    println!("{}", env.render_async("shop.html", shop()).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use kakehi::{ErrorKind, Load, Loader, Reloaded, SqlLoader, Version, context};
    use sqlx::SqlitePool;

    use super::{environment, open, shop};

    async fn run(pool: &SqlitePool, statement: &str) -> u64 {
        let done = sqlx::query(statement).execute(pool).await;
        done.expect("is SQL").rows_affected()
    }

    async fn answer<T>(load: Load<T>) -> Result<T, kakehi::Error> {
        match load {
            Load::Ready(answer) => answer,
            Load::Later(answer) => answer.await,
        }
    }

    const PAGE: &str = "<title>Shop of Ann</title>\n<main>\
        <li>Tea &lt;green&gt;: 12 left</li><li>Kettle: 0 left</li></main>";

    #[tokio::test]
    async fn renders_from_the_database() {
        let pool = open().await.expect("opens");
        let page = environment(&pool).render_async("shop.html", shop()).await;
        assert_eq!(page.expect("renders"), PAGE);
    }

    #[tokio::test]
    async fn an_edited_template_is_seen_by_the_next_render() {
        let pool = open().await.expect("opens");
        let env = environment(&pool);
        let page = || async { env.render_async("shop.html", shop()).await };
        assert_eq!(page().await.expect("renders"), PAGE);
        let edit =
            "UPDATE templates SET source = '<li><< item.name >></li>' WHERE name = 'item.html'";
        assert_eq!(run(&pool, edit).await, 1);
        assert!(page().await.expect("renders").contains("<li>Kettle</li>"));
        run(&pool, "DELETE FROM templates WHERE name = 'item.html'").await;
        let error = page().await.expect_err("it is gone");
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
    }

    #[tokio::test]
    async fn versions_are_texts_numbers_or_missing() {
        let pool = open().await.expect("opens");
        let loader = |query: &str| SqlLoader::new(pool.clone(), query);
        let version_of = async |query: &str| {
            let found = answer(loader(query).load("item.html")).await;
            let source = found.expect("is a query").expect("is there");
            source.version().map(|version| version.as_str().to_owned())
        };
        let from = |columns| format!("SELECT {columns} FROM templates WHERE name = ?");
        assert_eq!(version_of(&from("source")).await, None);
        assert_eq!(version_of(&from("source, NULL")).await, None);
        assert_eq!(version_of(&from("source, 7")).await.as_deref(), Some("7"));
        assert_eq!(version_of(&from("source, 'a'")).await.as_deref(), Some("a"));

        // Without a query for the version alone, the source comes along and is compared by its version.
        let whole = loader("SELECT source, version FROM templates WHERE name = ?");
        let check = |version: &'static str| whole.reload("item.html", &Version::from(version));
        assert_eq!(answer(check("1")).await.expect("asks"), Reloaded::Unchanged);
        let changed = answer(check("0")).await.expect("asks");
        assert!(matches!(changed, Reloaded::Changed(source) if source.text().starts_with("<li>")));
    }

    #[tokio::test]
    async fn lists_its_templates() {
        let pool = open().await.expect("opens");
        let names = environment(&pool).list_templates_async().await;
        assert_eq!(
            names.expect("lists"),
            ["item.html", "layout.html", "shop.html"]
        );
        let cannot = SqlLoader::new(pool, "SELECT source FROM templates WHERE name = ?");
        let error = answer(cannot.list()).await.expect_err("has no query");
        assert_eq!(error.kind(), ErrorKind::Loader);
    }

    #[tokio::test]
    async fn what_the_database_refuses_is_an_error_with_the_template() {
        let pool = open().await.expect("opens");
        let mut env = environment(&pool);
        env.set_loader(SqlLoader::new(
            pool,
            "SELECT source FROM nowhere WHERE name = ?",
        ));
        let error = env
            .render_async("shop.html", ())
            .await
            .expect_err("no table");
        assert_eq!(error.kind(), ErrorKind::Loader);
        let message = error.to_string();
        assert!(message.contains("`shop.html`"), "{message}");
        assert!(message.contains("SQLite"), "{message}");
        assert!(message.contains("no such table: nowhere"), "{message}");
    }

    #[tokio::test]
    async fn missing_rows_are_errors() {
        let pool = open().await.expect("opens");
        let env = environment(&pool);
        let error = env
            .render_async("cart.html", ())
            .await
            .expect_err("no such template");
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
        let page = env.render_async("item.html", context! { item => context! { id => 9 } });
        let error = page.await.expect_err("no such row");
        assert_eq!(error.kind(), ErrorKind::Host);
        assert_eq!(error.location().map(|place| place.line), Some(1));
    }

    #[tokio::test]
    async fn cannot_load_without_waiting() {
        let pool = open().await.expect("opens");
        let error = environment(&pool)
            .render("shop.html", shop())
            .expect_err("waits");
        assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    }
}
