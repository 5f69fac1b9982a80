-- The account of the service: it owns the current database and everything in it, and is no superuser, so that whoever
-- gets hold of its password cannot run programs or read files as the server does. Run by a superuser, as often as you
-- like, in a session with the settings service.role and service.password.
DO $$
DECLARE
  role_name text := current_setting('service.role');
  owned record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
    EXECUTE format('CREATE ROLE %I', role_name);
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', role_name,
                 current_setting('service.password'));
  EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), role_name);
  -- What a superuser's account created before. The sequence of a column follows its table.
  FOR owned IN
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
      AND pg_get_userbyid(relowner) <> role_name
      AND NOT EXISTS (SELECT FROM pg_depend
                      WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i', 'e'))
  LOOP
    EXECUTE format('ALTER TABLE public.%I OWNER TO %I', owned.relname, role_name);
  END LOOP;
END
$$;
