import type { Application } from 'express';

interface RouteLayer {
  readonly route: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

/** Returns the methods that a path has routes for. A route with exactly this path takes precedence over one with parameters. */
export function allowedMethods(application: Application, path: string): string[] {
  const stack = application.router.stack as unknown[];
  // Nest registers the middleware of a module as a route for every method; no real route answers TRACE.
  const routes = stack
    .filter(isRouteLayer)
    .filter((layer) => !('trace' in layer.route.methods) && isMatch(layer, path))
    .map(({ route }) => route);
  const exact = routes.filter((route) => !route.path.includes(':'));
  const methods = new Set(
    (exact.length > 0 ? exact : routes).flatMap((route) =>
      Object.keys(route.methods).map((name) => name.toUpperCase()),
    ),
  );
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].toSorted();
}

function isRouteLayer(layer: unknown): layer is RouteLayer {
  return typeof layer === 'object' && layer !== null && 'route' in layer && layer.route !== undefined;
}

function isMatch(layer: RouteLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}
