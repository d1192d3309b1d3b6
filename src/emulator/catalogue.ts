import type { Operation } from './operation.ts'
import { apiKeyMetaGet } from './operations/apiKeyMeta.ts'
import { cloudIntegrationGet } from './operations/cloudIntegration.ts'
import { dataRowGet, dataRowPost } from './operations/dataRow.ts'
import { datasetGet, datasetPost } from './operations/dataset.ts'
import { datasetApiKeyGet, datasetApiKeyPost, datasetApiKeyPut } from './operations/datasetApiKey.ts'
import { datasetDataPost } from './operations/datasetData.ts'
import { dicomSeriesPost } from './operations/dicomSeries.ts'
import { imagePut } from './operations/image.ts'
import { imageGroupPost } from './operations/imageGroup.ts'
import { imagesPut } from './operations/images.ts'
import { signedDicomsUrlGet } from './operations/signedDicomsUrl.ts'
import { signedImagesUrlGet } from './operations/signedImagesUrl.ts'
import { signedVideoUrlGet } from './operations/signedVideoUrl.ts'
import { singleImagePost } from './operations/singleImage.ts'
import { videoDelete, videoPost, videoPut } from './operations/video.ts'
import { Refusal } from './refusal.ts'

const OPERATIONS: readonly Operation[] = [
  apiKeyMetaGet,
  signedVideoUrlGet,
  signedImagesUrlGet,
  signedDicomsUrlGet,
  videoPut,
  videoPost,
  videoDelete,
  singleImagePost,
  imagePut,
  imagesPut,
  imageGroupPost,
  dicomSeriesPost,
  datasetGet,
  dataRowGet,
  dataRowPost,
  cloudIntegrationGet,
  datasetDataPost,
  datasetPost,
  datasetApiKeyPost,
  datasetApiKeyGet,
  datasetApiKeyPut,
]

/** The operation of that name on that endpoint. What is not in the protocol is refused, never guessed. @throws Refusal METHOD_NOT_ALLOWED_ERROR */
export function operationFor(endpoint: Operation['endpoint'], queryType: string, queryMethod: string): Operation {
  const operation = OPERATIONS.find(
    (each) => each.endpoint === endpoint && each.queryType === queryType && each.queryMethod === queryMethod,
  )
  if (operation === undefined) {
    throw new Refusal(
      'METHOD_NOT_ALLOWED_ERROR',
      `this emulator has no query_type "${queryType}" with query_method "${queryMethod}" on ${endpoint}`,
    )
  }
  return operation
}
