import type { Application } from 'express';

interface RouteLayer {
  readonly route: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

/** Returns the methods that a path has routes for. */
export function allowedMethods(application: Application, path: string): string[] {
  const stack = application.router.stack as unknown[];
  const methods = new Set<string>();
  for (const layer of stack.filter(isRouteLayer)) {
    const { methods: answered } = layer.route;
    // Nest registers the middleware of a module as a route for every method; no real route answers TRACE.
    if ('trace' in answered || !isMatch(layer, path)) continue;
    for (const method of Object.keys(answered)) methods.add(method.toUpperCase());
  }
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
