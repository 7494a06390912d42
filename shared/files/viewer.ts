import { type Principal, hasAnyRole } from '../auth/index.ts';

/** What a caller gets to see of files. What is beyond it does not exist for them, except for `downloads`. */
export interface FileViewer {
  readonly sees: 'everything' | 'released';
  /** Drafts are for those who write or approve them; everybody else may have what is released. */
  readonly downloads: 'everything' | 'released';
  /** Uploads under way are seen by those who could have started them. */
  readonly seesUploads: boolean;
}

export function fileViewerOf(principal: Principal): FileViewer {
  const isAuthor = hasAnyRole(principal, ['Mcms.Engineer']);
  return {
    sees: hasAnyRole(principal, ['Mcms.Reader']) ? 'everything' : 'released',
    downloads: isAuthor || hasAnyRole(principal, ['Mcms.Approver']) ? 'everything' : 'released',
    seesUploads: isAuthor,
  };
}
