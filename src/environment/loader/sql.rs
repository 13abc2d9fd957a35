//! A loader over a table of a database; behind the feature `sql`.

use std::fmt;
use std::sync::Arc;

use sqlx::{ColumnIndex, Database, Decode, Encode, Executor, IntoArguments, Pool, Row, Type};

use crate::environment::loader::{Load, Loader, Reloaded, Source, Version};
use crate::error::{HostFault, StoreFault};

/// Templates in a database that the crate [`sqlx`] speaks to.
///
/// How a template is found says a query of yours, with the template's name as its one parameter, and with the
/// source as the first column of at most one row. A second column, if there is one, is the version: a text or
/// an integer of 64 bits that changes when the source does, such as a counter that a trigger advances; cast
/// what is of another type.
///
/// When the database is asked whether a template has changed says the
/// [`TemplateCachePolicy`](crate::TemplateCachePolicy); [`with_version_query`](Self::with_version_query)
/// saves it from sending the source again. Renders wait for the database as they wait for anything, so that
/// only asynchronous ones can use it, on the runtime that `sqlx` was built for.
///
/// ```no_run
/// use kakehi::{Environment, SqlLoader};
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// sqlx::any::install_default_drivers();
/// // As well a `PgPool`, `MySqlPool` or `SqlitePool`.
/// let pool = sqlx::AnyPool::connect("sqlite:templates.db").await?;
/// let loader = SqlLoader::new(pool, "SELECT source, version FROM templates WHERE name = $1")
///     .with_version_query("SELECT version FROM templates WHERE name = $1")
///     .with_list_query("SELECT name FROM templates");
/// let mut env = Environment::new();
/// env.set_loader(loader);
/// println!("{}", env.render_async("page.html", ()).await?);
/// # Ok(())
/// # }
/// ```
pub struct SqlLoader<DB: Database> {
    pool: Pool<DB>,
    source: Arc<str>,
    version: Option<Arc<str>>,
    names: Option<Arc<str>>,
}

impl<DB: Database> SqlLoader<DB> {
    /// A loader that runs `query` on one of the pool's connections for each template it is asked for.
    ///
    /// ```no_run
    /// # fn example(pool: sqlx::AnyPool) {
    /// let loader = kakehi::SqlLoader::new(pool, "SELECT source FROM templates WHERE name = ?");
    /// # }
    /// ```
    pub fn new(pool: Pool<DB>, query: impl Into<Arc<str>>) -> Self {
        SqlLoader {
            pool,
            source: query.into(),
            version: None,
            names: None,
        }
    }

    /// The same loader, which looks for changes by `query`: with the template's name as its one parameter and
    /// the version alone, as [`new`](Self::new)'s query has it, in at most one row.
    ///
    /// Without it, the source comes along with each version that is compared.
    ///
    /// ```no_run
    /// # fn example(loader: kakehi::SqlLoader<sqlx::Any>) {
    /// let loader = loader.with_version_query("SELECT version FROM templates WHERE name = ?");
    /// # }
    /// ```
    #[must_use]
    pub fn with_version_query(mut self, query: impl Into<Arc<str>>) -> Self {
        self.version = Some(query.into());
        self
    }

    /// The same loader, which lists its templates by `query`: without parameters, with the name as the first
    /// column. Without it, listing is an error.
    ///
    /// ```no_run
    /// # fn example(loader: kakehi::SqlLoader<sqlx::Any>) {
    /// let loader = loader.with_list_query("SELECT name FROM templates");
    /// # }
    /// ```
    #[must_use]
    pub fn with_list_query(mut self, query: impl Into<Arc<str>>) -> Self {
        self.names = Some(query.into());
        self
    }
}

/// The version in a column; none if it is NULL.
fn version_in<R: Row>(row: &R, column: usize) -> Result<Option<Version>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    String: Type<R::Database> + for<'r> Decode<'r, R::Database>,
    i64: Type<R::Database> + for<'r> Decode<'r, R::Database>,
{
    let number = row.try_get::<Option<i64>, _>(column);
    match number {
        Ok(number) => Ok(number.map(|number| Version::from(number.to_string()))),
        Err(sqlx::Error::ColumnDecode { .. }) => {
            let text = row.try_get::<Option<String>, _>(column)?;
            Ok(text.map(Version::from))
        }
        Err(error) => Err(error),
    }
}

impl<DB> SqlLoader<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    String: Type<DB> + for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB>,
    i64: Type<DB> + for<'r> Decode<'r, DB>,
    usize: ColumnIndex<DB::Row>,
{
    fn read(&self, name: &str, known: Option<Version>) -> Load<Reloaded> {
        // No database has one in a text, and some take the query for broken.
        if name.contains('\0') {
            return Load::Ready(Ok(Reloaded::Missing));
        }
        let pool = self.pool.clone();
        let source = Arc::clone(&self.source);
        let check = self.version.clone().filter(|_| known.is_some());
        let name = name.to_owned();
        let failed_name = name.clone();
        let asked = async move {
            if let Some(check) = check {
                let row = sqlx::query(&check)
                    .bind(name.clone())
                    .fetch_optional(&pool)
                    .await?;
                let Some(row) = row else {
                    return Ok(Reloaded::Missing);
                };
                let version = version_in(&row, 0)?;
                if version.is_some() && version == known {
                    return Ok(Reloaded::Unchanged);
                }
            }
            let row = sqlx::query(&source)
                .bind(name)
                .fetch_optional(&pool)
                .await?;
            let Some(row) = row else {
                return Ok(Reloaded::Missing);
            };
            let version = match row.len() {
                ..2 => None,
                _ => version_in(&row, 1)?,
            };
            if version.is_some() && version == known {
                return Ok(Reloaded::Unchanged);
            }
            let text = row.try_get::<String, _>(0)?;
            Ok(Reloaded::Changed(Source { text, version }))
        };
        Load::Later(Box::pin(async move {
            let answer: Result<Reloaded, sqlx::Error> = asked.await;
            answer.map_err(|cause| StoreFault::unreadable(failed_name, &DB::NAME, cause))
        }))
    }
}

impl<DB> Loader for SqlLoader<DB>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    String: Type<DB> + for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB>,
    i64: Type<DB> + for<'r> Decode<'r, DB>,
    usize: ColumnIndex<DB::Row>,
{
    fn load(&self, name: &str) -> Load {
        self.read(name, None).map(Reloaded::into_source)
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        self.read(name, Some(version.clone()))
    }

    fn list(&self) -> Load<Vec<String>> {
        let Some(names) = self.names.clone() else {
            return Load::Ready(Err(HostFault::CannotList.into()));
        };
        let pool = self.pool.clone();
        Load::Later(Box::pin(async move {
            let rows = sqlx::query(&names).fetch_all(&pool).await;
            let names: Result<Vec<String>, sqlx::Error> =
                rows.and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect());
            names.map_err(|cause| StoreFault::unlisted(&DB::NAME, cause))
        }))
    }
}

impl<DB: Database> Clone for SqlLoader<DB> {
    fn clone(&self) -> Self {
        SqlLoader {
            pool: self.pool.clone(),
            source: Arc::clone(&self.source),
            version: self.version.clone(),
            names: self.names.clone(),
        }
    }
}

impl<DB: Database> fmt::Debug for SqlLoader<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlLoader")
            .field("source", &self.source)
            .field("version", &self.version)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
