import { type HttpMethod, app } from '@azure/functions';
import { type Pipeline, type PipelineOptions, createPipeline } from './pipeline.ts';
import type { Route } from './route.ts';

/** The routes of one Functions app, in order of registration: source of the API document and of 405 answers. */
export interface Api {
  readonly routes: readonly Route[];
  readonly pipeline: Pipeline;
  /**
   * Registers each route with the Functions host; a GET also answers HEAD.
   * @throws {Error} when a name, or a method on a path, is registered twice.
   */
  register(...routes: readonly Route[]): void;
}

export function createApi(options: PipelineOptions): Api {
  const routes: Route[] = [];
  const pipeline = createPipeline(options);
  return {
    routes,
    pipeline,
    register: (...added) => {
      for (const route of added) {
        refuseDuplicate(routes, route);
        routes.push(route);
        app.http(route.name, {
          authLevel: 'anonymous',
          methods: httpMethods(route),
          route: route.path,
          extraInputs: [...(route.extraInputs ?? [])],
          handler: (request, invocation) => pipeline(route, request, invocation),
        });
      }
    },
  };
}

/** The methods a route answers. */
export function httpMethods(route: Route): HttpMethod[] {
  return route.method === 'GET' ? ['GET', 'HEAD'] : [route.method];
}

function refuseDuplicate(routes: readonly Route[], added: Route): void {
  const shape = (route: Route): string =>
    `${route.method} ${route.path.replaceAll(/\{\w+\}/g, '{}').toLowerCase()}`;
  const other = routes.find((route) => route.name === added.name || shape(route) === shape(added));
  if (other) throw new Error(`route ${added.name} (${shape(added)}) is registered already as ${other.name}`);
}
